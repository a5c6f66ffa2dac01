import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../protocols/ports.ts';
import type { Simulator } from '../simulator.ts';
import { emulatorCommands } from './ipmi-records.ts';
import { Relay } from './ipmi-relay.ts';

const simulatorPath = '/usr/bin/ipmi_sim';
/** Debian's packages openipmi and ipmitool. */
export const hasIpmi = existsSync(simulatorPath) && existsSync('/usr/bin/ipmitool');

export interface IpmiBmc extends Simulator {
  /** Runs a command of ipmi_sim_cmd(5): sets a sensor, adds an entry to the log. */
  command(line: string): Promise<void>;
  setPower(isOn: boolean): Promise<void>;
  /** What the chassis was told, in order: `power 0`, `shutdown 1`, `reset 1`. */
  orders(): Promise<readonly string[]>;
}

export const ipmiCredentials = { username: 'operator', password: 'geheim-16-B' };

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/**
 * A management controller that is Debian's `ipmi_sim`, which shares no line with us, behind a relay that can spoil what goes over
 * the wire. Own folder, loopback, without privileges; it ends with the simulator.
 */
export async function startIpmiBmc(clock: Clock): Promise<IpmiBmc> {
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-ipmi-'));
  const [udpPort, consolePort] = [await freeUdpPort(), await freeTcpPort()];
  await writeFiles(folder, udpPort, consolePort);
  const child = spawn(
    simulatorPath,
    ['-c', join(folder, 'lan.conf'), '-f', join(folder, 'bmc.emu'), '-s', folder, '-n'],
    {
      cwd: folder,
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin' },
      ...(isRoot ? { uid: nobody, gid: nobody } : {}),
    },
  );
  const command = (line: string) => runCommand(consolePort, line);
  await untilReady(child, command);
  const relay = await Relay.start(clock, udpPort);
  return {
    address: { host: '127.0.0.1', port: relay.port },
    command,
    setPower: (isOn) => writeFile(join(folder, 'power'), isOn ? '1' : '0'),
    orders: async () => (await readFile(join(folder, 'orders'), 'utf8')).split('\n').filter((line) => line !== ''),
    setFault: (fault) => relay.setFault(fault),
    [Symbol.asyncDispose]: async () => {
      await relay[Symbol.asyncDispose]();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeFiles(folder: string, udpPort: number, consolePort: number): Promise<void> {
  const { username, password } = ipmiCredentials;
  const auths = ['callback', 'user', 'operator', 'admin'].map(
    (level) => `allowed_auths_${level} none md2 md5 straight`,
  );
  const files: Readonly<Record<string, string>> = {
    'lan.conf': [
      'name "school"',
      'set_working_mc 0x20',
      'startlan 1',
      `addr 127.0.0.1 ${udpPort}`,
      'priv_limit admin',
      ...auths,
      'guid a123456789abcdefa123456789abcdef',
      'endlan',
      `chassis_control "${join(folder, 'chassis')} 0x20"`,
      `user 2 true "${username}" "${password}" operator 10 none md2 md5 straight`,
      `console 127.0.0.1 ${consolePort}`,
      '',
    ].join('\n'),
    'bmc.emu': emulatorCommands(),
    /** Called as `chassis 0x20 get power` and `chassis 0x20 set power 1`. An operating system that is asked shuts down. */
    chassis: `#!/bin/sh
cd '${folder}' || exit 1
[ "$2" = get ] && { shift 2; for name; do [ "$name" = power ] && echo "power:$(cat power)" || echo "$name:0"; done; exit 0; }
echo "$3 $4" >> orders
case "$3" in power) echo "$4" > power ;; shutdown) echo 0 > power ;; esac
`,
    power: '1',
    orders: '',
  };
  await mkdir(join(folder, 'school'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await chmod(join(folder, 'chassis'), 0o755);
  if (!isRoot) return;
  for (const name of ['', 'school', ...Object.keys(files)]) await chown(join(folder, name), nobody, nobody);
}

async function untilReady(child: ChildProcess, command: (line: string) => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`ipmi_sim ended with ${child.exitCode}`);
    try {
      return await command('debug');
    } catch (thrown) {
      if (attempt === 99) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Types one line into the console and waits for the prompt after it. */
async function runCommand(port: number, line: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    let heard = '';
    socket.setEncoding('latin1');
    socket.write(`${line}\n`);
    const prompts = () => heard.split('> ').length - 1;
    for await (const chunk of socket) {
      heard += String(chunk);
      // One prompt greets, one follows the command.
      if (prompts() >= 2) return;
    }
  } finally {
    socket.destroy();
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
