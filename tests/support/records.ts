import type { Lane, RecordBody } from '../../protocols/fleet/record.ts';

/** A record of a lane with a mark (its `at`) and about `size` bytes of its own. */
export function recordOf(lane: Lane, mark: number, size = 0): RecordBody {
  const padding = 'x'.repeat(size);
  switch (lane) {
    case 'urgent':
      return { kind: 'result', at: mark, command: `c${mark}`, state: 'succeeded', output: { padding } };
    case 'state':
      return { kind: 'state', at: mark, device: 'd1', capability: 'power', state: { padding } };
    case 'samples': {
      const values = Object.fromEntries(
        Array.from({ length: 1 + Math.ceil(size / 20) }, (_, n) => [`lamp.hours@${n}`, n]),
      );
      return { kind: 'samples', at: mark, device: 'd1', values };
    }
  }
}
