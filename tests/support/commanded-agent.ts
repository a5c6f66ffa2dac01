import { appendFileSync } from 'node:fs';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createScriptedDriver } from './scripted-driver.ts';
import { startTestAgent } from './test-agent.ts';

/** An agent to be killed: `commanded-agent.ts <dataDir> <file>`. Each command that it carries out leaves a line in the file. */
const [dataDir = '', file = ''] = process.argv.slice(2);
const script = createScriptedDriver();
script.onExecute = async ({ id }) => {
  appendFileSync(file, `${id}\n`);
  await systemClock.wait(30);
  return {};
};
await startTestAgent(dataDir, [script.driver]);
console.log('ready');
