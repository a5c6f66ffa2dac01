import { expect, it } from 'vitest';
import { startReceiver } from '../hub/notifications/judges.ts';
import { startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/store.ts';

const causes = 30;
const kills = Number(process.env['EDUFLEET_NOTIFICATION_KILLS'] ?? 2);

it(`tells every problem once towards the outbox, and again with the same id only what was in hand, through ${kills} kills`, async () => {
  using folder = temporaryFolder();
  let killAt = Number.POSITIVE_INFINITY;
  let killNow = () => {};
  await using receiver = await startReceiver(() => {
    // The other side has it; whether the hub hears that is left to chance.
    if (receiver.calls.length === killAt) killNow();
    return { status: 200 };
  });
  let atMs = Date.UTC(2026, 2, 2);
  const start = () => {
    atMs += 10 * 60_000;
    return startChild('tests/support/notifying-child.ts', [
      JSON.stringify({ dataDir: folder.path, url: receiver.url, atMs, causes }),
    ]);
  };
  for (let kill = 0; kill < kills; kill++) {
    await using child = start();
    killAt = receiver.calls.length + 1 + kill;
    killNow = () => void child.kill();
    expect(await child.exited).toBeNull();
  }
  killAt = Number.POSITIVE_INFINITY;
  await using last = start();
  const states = await last.line((line) => /^done (.*)$/.exec(line)?.[1], 60_000);
  expect(JSON.parse(states)).toEqual(Array.from({ length: causes }, () => 'sent'));
  const told = receiver.calls.map(({ headers, body }) => ({
    id: String(headers['webhook-id']),
    cause: (JSON.parse(body) as { data: { problems: { id: string }[] } }).data.problems[0]?.id,
  }));
  expect(new Set(told.map(({ cause }) => cause)).size).toBe(causes);
  expect(new Set(told.map(({ id }) => id)).size).toBe(causes);
  expect(told.length).toBeLessThanOrEqual(causes + 4 * kills);
});
