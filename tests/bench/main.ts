import { agent } from './agent.ts';
import { detection } from './detection.ts';
import { enrolment } from './enrolment.ts';
import { ingest } from './ingest.ts';
import { rolloutSafety } from './rollout-safety.ts';

/** A benchmark prints its own table and returns what `--json` prints; it must measure a peer or a limit in the same run. */
const benchmarks: Readonly<Record<string, { readonly about: string; readonly run: () => Promise<unknown> }>> = {
  enrolment: {
    about: 'a thousand machines that enrol at once, each by its voucher, beside one after another',
    run: enrolment,
  },
  detection: {
    about: 'living agents told unreachable, and the time to see a dead one, on lossy lines in simulated time',
    run: detection,
  },
  ingest: {
    about: 'durable samples/s through mTLS MQTT into the database, beside COPY of narrow rows into the same one',
    run: ingest,
  },
  agent: {
    about: 'an agent with 200 devices of mixed families: memory, CPU, bytes, and what ten stuck ones do to the others',
    run: agent,
  },
  'rollout-safety': {
    about:
      'devices of a thousand that a bad release reaches, beside the rules of hawkBit and AWS IoT Jobs, in simulated time',
    run: rolloutSafety,
  },
};

const [name = '', ...flags] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (!benchmark || flags.some((flag) => flag !== '--json')) {
  console.error(
    `npm run bench -- <name> [--json]\n\n${Object.entries(benchmarks)
      .map(([key, { about }]) => `  ${key.padEnd(12)} ${about}`)
      .join('\n')}`,
  );
  process.exit(2);
}
const result = await benchmark.run();
if (flags.includes('--json')) console.log(JSON.stringify(result, null, 2));
