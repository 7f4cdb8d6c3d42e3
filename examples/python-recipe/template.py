"""A small Python service in a sandbox: the same recipe as examples/python-agent, and the same build."""

from novita_sandbox.core import Template, wait_for_port

# It needs nothing of the image's own environment, so the SDK does not read it from the registry.
template = (
    Template()
    .from_image("python:3.12-slim", inherit_config=False)
    .apt_install(["curl", "iproute2"])
    .set_workdir("/home/user/app")
    .copy("requirements.txt", "requirements.txt")
    .run_cmd("pip install --no-cache-dir -r requirements.txt", user="root")
    .copy("app", "app")
    .set_envs({"AGENT_PORT": "8000", "PYTHONUNBUFFERED": "1"})
    .set_start_cmd("python -m uvicorn app.main:app --host 0.0.0.0 --port 8000", wait_for_port(8000))
)
