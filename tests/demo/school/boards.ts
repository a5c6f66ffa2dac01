import { type BoardProfile, BoardSimulator } from '../../simulators/interactive-board/index.ts';
import { classrooms, type PartOptions, type SchoolDevice, type SchoolPart } from './part.ts';

const family = 'interactive-board';

const makes: readonly { readonly profile: BoardProfile; readonly port: number; readonly model: string }[] = [
  { profile: 'samsung-mdc', port: 1515, model: 'WA75D' },
  { profile: 'philips-sicp', port: 5000, model: '75BDL4052E' },
  { profile: 'viewsonic', port: 5000, model: 'IFP7550' },
  { profile: 'samsung-mdc', port: 1515, model: 'WA65D' },
  { profile: 'benq', port: 4660, model: 'RP7504' },
  { profile: 'lg', port: 9761, model: '75TR3DK' },
];

/** A board in each room, each of another maker's wire; one runs hot because its fan stands still. */
export async function startBoards({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const boards: BoardSimulator[] = [];
  const devices: SchoolDevice[] = [];
  for (const [n, { profile, port, model }] of makes.entries()) {
    const room = classrooms[n] ?? classrooms[0];
    const board = stack.use(await BoardSimulator.start({ clock, profile, host: host(31 + n), port }));
    const { state } = board;
    state.model = model;
    state.serial = `EB${String(seed).padStart(4, '0')}${String(n + 1).padStart(4, '0')}`;
    state.name = room;
    state.hours = 2_000 + ((seed * 53 + n * 1_777) % 9_000);
    state.celsius = 38 + n;
    if (n === 3) {
      state.celsius = 61;
      state.broken.add('fan');
    }
    boards.push(board);
    devices.push({ name: `Bảng ${room}`, room, family, address: board.address, settings: { profile }, isFound: false });
  }
  return {
    devices,
    records: boards.map(({ received }) => received),
    habits: [
      // A teacher turns the sound up or down, or shows another source.
      async ({ pause, below }) => {
        await pause(40_000 + below(60_000));
        const board = boards[below(boards.length)];
        if (board?.power !== 'on') return;
        if (below(3) === 0) board.state.input = board.state.input === 'hdmi1' ? 'ops' : 'hdmi1';
        else board.state.volume = 20 + below(30);
      },
      // The hot one gets a little hotter and cooler.
      async ({ pause, below }) => {
        await pause(30_000);
        const hot = boards[3];
        if (hot) hot.state.celsius = 59 + below(5);
      },
    ],
  };
}
