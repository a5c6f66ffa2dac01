import type { Command } from 'commander';
import type { CaptureFlags } from './capture/command.ts';
import type { AgentConfig } from './config.ts';
import type { DoctorFlags } from './doctor/command.ts';
import type { ProbeCommandPorts, ProbeFlags } from './probe/command.ts';

interface CommonFlags {
  readonly config?: string;
  readonly data?: string;
}

export interface DiagnosisDeps extends Pick<ProbeCommandPorts, 'drivers' | 'signal' | 'input' | 'print' | 'say'> {
  readonly version: string;
  readonly portsOf: (flags: CommonFlags) => Pick<ProbeCommandPorts, 'clock' | 'programs' | 'host'> & {
    readonly config: AgentConfig;
  };
  readonly end: (exitCode: number) => void;
}

/** Adds the commands that look at this machine and at one device. What they need is loaded when they are called: `run` does not pay for it. */
export function registerDiagnosis(command: (name: string, description: string) => Command, deps: DiagnosisDeps): void {
  const ports = (flags: CommonFlags) => {
    const { config, clock, programs, host } = deps.portsOf(flags);
    return { ...deps, config, policy: config.network, clock, programs, host };
  };
  command('doctor', 'look at this machine and at the way to the hub, and tell what is wrong and what to do')
    .option('--hub <url>', 'address of the hub, before the enrolment')
    .option('--json', 'one line of JSON', false)
    .option('--lang <language>', 'vi or en', 'vi')
    .action(async (flags: CommonFlags & DoctorFlags) => {
      const { doctorCommand } = await import('./doctor/command.ts');
      deps.end(await doctorCommand(flags, ports(flags)));
    });
  withDevice(command('probe', 'look at one device and tell step by step what answers'))
    .argument('<address>', 'host or host:port')
    .option('--json', 'one line of JSON for each device', false)
    .action(async (address: string, flags: CommonFlags & ProbeFlags) => {
      const { probeCommand } = await import('./probe/command.ts');
      deps.end(await probeCommand(address, flags, ports(flags)));
    });
  withDevice(command('capture', 'talk to one device and write what was said into a file, without secrets'))
    .argument('<device>', 'id of a device of this agent, or an address together with --family')
    .requiredOption('--out <file>', 'file to write: .json, .json.gz or .json.zst')
    .option('--seconds <n>', 'how long to stay and listen', '0')
    .option('--keep-serials', 'leave serial numbers and MAC addresses as they are', false)
    .action(async (device: string, flags: CommonFlags & CaptureFlags) => {
      const { captureCommand } = await import('./capture/command.ts');
      deps.end(await captureCommand(device, flags, ports(flags)));
    });
}

function withDevice(command: Command): Command {
  return command
    .option('--family <family>', 'which protocol to speak')
    .option('--username <name>', 'user name of the device')
    .option('--password-file <file>', 'file with the password of the device')
    .option('--password-stdin', 'read the password of the device from standard input', false)
    .option('--settings <json>', 'settings of the family as JSON, or a file with them')
    .option('--lang <language>', 'vi or en', 'vi');
}
