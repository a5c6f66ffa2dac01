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
script.onPoll = async (_signal, { reporter }) => {
  const capabilities = { power: { commands: ['reboot'] }, volume: { commands: ['set'] } };
  reporter.describe({ family: 'scripted', capabilities });
};
await startTestAgent(dataDir, [script.driver]);
console.log('ready');
