import { Template, waitForPort } from 'novita-sandbox';

/**
 * A small Python service in a sandbox. It needs nothing of the image's own environment. `inheritConfig: false` says so,
 * and the SDK does not read it from the registry.
 */
export const template = Template()
  .fromImage('python:3.12-slim', undefined, { inheritConfig: false })
  .aptInstall(['curl', 'iproute2'])
  .setWorkdir('/home/user/app')
  .copy('requirements.txt', 'requirements.txt')
  .runCmd('pip install --no-cache-dir -r requirements.txt', { user: 'root' })
  .copy('app', 'app')
  .setEnvs({ AGENT_PORT: '8000', PYTHONUNBUFFERED: '1' })
  .setStartCmd('python -m uvicorn app.main:app --host 0.0.0.0 --port 8000', waitForPort(8000));
