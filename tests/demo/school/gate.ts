import { ReaderSimulator } from '../../simulators/rfid-gate/index.ts';
import { LibrarySimulator } from '../../simulators/rfid-gate/library.ts';
import type { PartOptions, SchoolPart } from './part.ts';

const family = 'rfid-gate';

/** SIP2 circulation states: on loan, and on the shelf. */
const onLoan = '04';
const inStock = '03';
const titles = [
  'Dế Mèn phiêu lưu ký',
  'Đất rừng phương Nam',
  'Toán 9, tập một',
  'Quê nội',
  'Từ điển Anh - Việt',
  'Góc sân',
];

/** The gate of the library, which asks the library's system about each book. */
export async function startGate({ clock, seed, host, stack }: PartOptions): Promise<SchoolPart> {
  const login = { username: 'cong-thu-vien', password: `SIP2-${seed}-sach` };
  const library = stack.use(await LibrarySimulator.start({ clock, login, host: host(52), port: 6001 }));
  const reader = stack.use(await ReaderSimulator.start({ clock, host: host(51), port: 5084 }));
  reader.antennas.delete(3);
  reader.antennas.delete(4);
  const books = titles.map((title, n) => ({
    title,
    id: `TV${1_000 + n}`,
    epc: (0x3034_0000 + n).toString(16).padEnd(24, '0'),
  }));
  const lend = (id: string, title: string, circulation: string) => library.items.set(id, { title, circulation });
  for (const { id, title } of books) lend(id, title, onLoan);
  return {
    devices: [
      {
        name: 'Cổng thư viện',
        room: 'Thư viện',
        family,
        address: reader.address,
        credentials: login,
        settings: {
          item: { by: 'table', items: Object.fromEntries(books.map(({ epc, id }) => [epc, id])) },
          security: { by: 'library' },
          library: { ...library.address, institution: 'THPT' },
          antennas: [1, 2],
          inputs: [{ port: 1, counts: 'people' }],
          output: { port: 1, seconds: 3 },
        },
        isFound: false,
      },
    ],
    records: [reader.received, reader.switched, library.received],
    habits: [
      // Somebody comes by, often with a book; one in twelve has forgotten to have it lent.
      async ({ pause, below }) => {
        await pause(8_000 + below(25_000));
        reader.setInput(1, true);
        const book = books[below(books.length)];
        if (book && below(3) > 0) {
          lend(book.id, book.title, below(12) === 0 ? inStock : onLoan);
          reader.see({ epc: book.epc, antenna: 1 + below(2), rssi: -45 - below(20) });
        }
        await pause(800);
        reader.setInput(1, false);
      },
    ],
  };
}
