import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HealthCode, healthCodes } from '../../hub/health/judgement/codes.ts';
import { problemCodes } from '../../hub/http/problem.ts';
import { type Capability, capabilities } from '../../protocols/fleet/capabilities/index.ts';
import { channelNames, channels } from '../../protocols/fleet/channels.ts';

const root = join(import.meta.dirname, '../..');
const updating = process.env['EDUFLEET_UPDATE_CONTRACT'] === '1';
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('tables of the READMEs', () => {
  it('tell every channel', () => {
    const rows = channelNames.map((name) => {
      const { qos, maxBytes, meaning } = channels[name];
      return [`\`${name}\``, `${qos}`, `${maxBytes / 1024} KiB`, meaning];
    });
    expectTable('protocols/README.md', 'channels', table(['Channel', 'QoS', 'Bytes', 'Meaning'], rows));
  });

  it('tell every capability', () => {
    const rows = Object.values<Capability>(capabilities)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, label, metrics, events, commands }) => [
        `\`${name}\``,
        label.vi,
        Object.entries(metrics)
          .map(([metric, { unit }]) => (unit === '' ? metric : `${metric} (${unit})`))
          .join(', '),
        Object.keys(events).join(', '),
        Object.entries(commands)
          .map(([command, { idempotent }]) => (idempotent ? command : `${command}*`))
          .join(', '),
      ]);
    const head = ['Capability', 'Before people', 'Metrics', 'Events', 'Commands'];
    expectTable('protocols/README.md', 'capabilities', table(head, rows));
  });

  it('tell every health code', () => {
    const rows = Object.entries<HealthCode>(healthCodes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, { state, kind, title, next }]) => [
        `\`${code}\``,
        state,
        kind ?? '',
        `${title.vi}<br>${title.en}`,
        `${next.vi}<br>${next.en}`,
      ]);
    expectTable('hub/README.md', 'health', table(['Code', 'State', 'Cause', 'Title', 'Next step'], rows));
  });

  it('tell every problem code of HTTP', () => {
    const text = read('hub/http/README.md');
    const rows = text.split('\n').filter((line) => /^\| [45][\dx]{2}/.test(line));
    expect(rows.length).toBeGreaterThan(5);
    const named = new Set(rows.flatMap((row) => [...row.matchAll(/`([a-z-]+)`/g)].map((match) => match[1])));
    expect(problemCodes.length).toBeGreaterThan(10);
    expect(problemCodes.filter((code) => !named.has(code))).toEqual([]);
  });

  it('name every folder', () => {
    for (const folder of ['agent', 'hub', 'provisioning', 'tests']) {
      const text = read(`${folder}/README.md`);
      const folders = readdirSync(join(root, folder), { withFileTypes: true }).filter(
        (entry) => entry.isDirectory() && !entry.name.startsWith('.'),
      );
      expect(folders.length).toBeGreaterThan(2);
      expect(folders.map(({ name }) => `${folder}/${name}/`).filter((path) => !text.includes(`\`${path}\``))).toEqual(
        [],
      );
    }
  });
});

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Compares what stands between the two marks, or writes it when contracts are being renewed. */
function expectTable(file: string, mark: string, wanted: string): void {
  const block = new RegExp(`(<!-- ${mark} -->)([\\s\\S]*?)(<!-- /${mark} -->)`);
  const stands = () => cellsOf(block.exec(read(file))?.[2] ?? '');
  expect(read(file), `${file} has no place for its table of ${mark}`).toMatch(block);
  if (updating && stands() !== cellsOf(wanted))
    writeFileSync(
      join(root, file),
      read(file).replace(block, (_, start, _old, end) => `${start}\n\n${wanted}\n\n${end}`),
    );
  expect(stands(), `${file}: \`npm run contract:update\` renews its tables`).toBe(cellsOf(wanted));
}

/** A table without what the formatter adds: it pads cells and rules. */
function cellsOf(text: string): string {
  return text
    .trim()
    .replace(/ +/g, ' ')
    .replace(/^\|[-| ]+$/m, '');
}
