/**
 * Scripts that run inside a container, by bash as root. What they do is what the service does in its machine; they need
 * only what every image with apt has.
 */

/**
 * Brings an image into the form that the service gives it. Prints `missing:<program> …` for what it could not install:
 * the service also installs systemd and servers, which do nothing in a container. `$1`: whether there is a network.
 */
export const PROVISION = `
command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 1
packages=() programs=()
need() { command -v "$1" >/dev/null || { programs+=("$1"); packages+=("$2"); }; }
need sudo sudo; need curl curl; need git git; need ss iproute2; need pgrep procps; need python3 python3; need socat socat
if [ \${#packages[@]} -gt 0 ] && [ "$1" = yes ]; then
  quick="-o Acquire::Retries=0 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q $quick -o APT::Update::Error-Mode=any update \\
    && apt-get -qq $quick -o Dpkg::Use-Pty=0 install -y --no-install-recommends ca-certificates "\${packages[@]}"
fi
left=()
for program in "\${programs[@]}"; do command -v "$program" >/dev/null || left+=("$program"); done
echo "missing:\${left[*]}"
mkdir -p /etc/profile.d
echo "export SHELL='/bin/bash'" >/etc/profile.d/shell.sh
echo 'if [ -f ~/.bashrc ]; then . ~/.bashrc; fi; if [ -f ~/.profile ]; then . ~/.profile; fi' >>/etc/profile
exit 0
`;

const MAKE_USER = `
make_user() {
  id -u "$1" >/dev/null 2>&1 && return 0
  if command -v adduser >/dev/null; then adduser --quiet --disabled-password --gecos "" "$1"
  else useradd --create-home --shell /bin/bash "$1"; fi
}
give_sudo() {
  ! getent group sudo >/dev/null || usermod -aG sudo "$1" || return
  passwd -d "$1" >/dev/null || return
  rule="$1 ALL=(ALL:ALL) NOPASSWD: ALL"
  touch /etc/sudoers && grep -qxF "$rule" /etc/sudoers || echo "$rule" >>/etc/sudoers
}
print_home() { echo "home:$(getent passwd "$1" | cut -d: -f6)"; }
`;

/** Makes `user`, who may become root without a password. Prints `home:<folder>`. */
export const DEFAULT_USER = `${MAKE_USER}
make_user user || exit
give_sudo user || exit
mkdir -p /home/user && chown user:user /home/user
print_home user
`;

/** USER: `$1` is the name, `$2` whether it gets sudo. Exits with 90 + the status when sudo cannot be given. */
export const USER = `${MAKE_USER}
make_user "$1" || exit
if [ "$2" = true ]; then give_sudo "$1" || exit $((90 + $?)); fi
print_home "$1"
`;

/** WORKDIR: makes the folder `$1`; only what is new belongs to the user `$2`. */
export const WORKDIR = `
new=; above=$1
while [ ! -e "$above" ] && [ ! -L "$above" ]; do new=$above; above=$(dirname "$above"); done
mkdir -p "$1" || exit
[ -z "$new" ] || chown -R "$2:" "$new"
`;

/**
 * COPY: unpacks the archive from standard input, then moves. `$1` is the source without its glob part, `$2` the
 * destination, `$3` the owner, `$4` the mode or nothing, `$5` the folder that a relative destination starts from.
 * Exits with 100 + the status when it cannot unpack.
 *
 * As at the service, what is moved is the first entry of the folder of the source: a file under the very name of the
 * destination, a folder entry by entry into it. An entry that exists as a folder with files is not merged. A
 * destination with a slash at its end is made here, which older versions of the service do not do.
 */
export const COPY = `
place=$(mktemp -d /tmp/.copy-XXXXXX) || exit 101
trap 'rm -rf "$place"' EXIT
mkdir "$place/unpack" && tar -xz -C "$place/unpack"
code=$?
if [ $code -ne 0 ]; then exit $((100 + code)); fi
cd "$5" || exit 1
case $2 in /*) target=$2 ;; *) target=$PWD/$2 ;; esac
source=$place/unpack/$1
case $1 in .|'') source=$place/unpack ;; esac
cd "$(dirname "$source")" || exit 1
entry=$(ls -A | head -n 1)
if [ -z "$entry" ]; then echo "the archive has no $1" >&2; exit 1; fi
if [ -L "$entry" ]; then
  chown -h "$3" "./$entry" && mkdir -p "$(dirname "$target")" && mv "./$entry" "$target" || exit 1
elif [ -f "$entry" ]; then
  chown "$3" "./$entry" || exit 1
  if [ -n "$4" ]; then chmod "$4" "./$entry" || exit 1; fi
  case $target in */) if [ ! -e "$target" ]; then mkdir -p "$target" && echo "newfolder:" >&2; fi ;; esac
  mkdir -p "$(dirname "$target")" && mv "./$entry" "$target" || exit 1
else
  chown -R "$3" "./$entry" || exit 1
  if [ -n "$4" ]; then chmod -R "$4" "./$entry" || exit 1; fi
  mkdir -p "$target" || exit 1
  find "./$entry" -mindepth 1 -maxdepth 1 -exec mv -t "$target/" {} +  || echo "unmerged:" >&2
fi
exit 0
`;

/** What the service does to a finished template; children of it begin with that. */
export const CONFIGURE = `
mkdir -p /home/user /usr/local /code
for file in /etc/skel/.[!.]* /etc/skel/*; do
  if [ -e "$file" ] && [ ! -e "/home/user/$(basename "$file")" ]; then cp -r "$file" /home/user/; fi
done
find /home/user \\( ! -user user -o ! -group user \\) -exec chown -h user:user {} + || exit
find /usr/local /code ! -type l ! -perm 777 -exec chmod 777 {} +
`;

/** Names the programs that write into a pipe that nobody reads, one a line; of a step that has ended. */
export const LEFT_WRITING = `
read_pipes=' '
for fd in /proc/[0-9]*/fd/0; do read_pipes+="$(readlink "$fd" 2>/dev/null) "; done
for process in /proc/[0-9]*; do
  pid=\${process#/proc/}
  if [ "$pid" = $$ ] || [ "$pid" = 1 ]; then continue; fi
  for n in 1 2; do
    to=$(readlink "$process/fd/$n" 2>/dev/null)
    case $to in pipe:*) case $read_pipes in *" $to "*) ;; *)
      if [ "$to" != "$(readlink /proc/$$/fd/1)" ] && [ "$to" != "$(readlink /proc/$$/fd/2)" ]; then
        cat "$process/comm"; break
      fi ;; esac ;; esac
  done
done
`;

/** How often the kernel has killed a process of this container for lack of memory; cgroups of both versions. */
export const OOM_KILLS = `
cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null | grep '^oom_kill '
`;
