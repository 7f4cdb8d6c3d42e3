import { Template, waitForPort } from 'novita-sandbox';

export const template = Template({ fileContextPath: import.meta.dirname })
  .fromNodeImage('22')
  .copy('app', '/srv/app')
  .setStartCmd('node /srv/app/server.js', waitForPort(3000));
