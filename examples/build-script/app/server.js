import { createServer } from 'node:http';

createServer((_, response) => response.end('ready\n')).listen(3000);
