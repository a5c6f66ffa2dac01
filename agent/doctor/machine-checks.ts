import type { DoctorFacts, FolderFact, NeedFact } from './facts.ts';
import { attention, type Finding, fault, notNeeded, ok, sizeText, unseen } from './finding.ts';

/** The outbox needs room beside what it holds: its log grows with a long backlog. */
const fullBytes = 100e6;
const tightBytes = 1e9;
const fewFiles = 1_000;
const lowMemoryBytes = 64e6;
/** Names of devices that are told of many. */
const mostNames = 5;

export function judgeFolder(folder: FolderFact, dataDir: string): Finding {
  switch (folder.state) {
    case 'writable':
      return ok('folder', dataDir);
    case 'absent':
      return fault('folder', 'folder-absent', [dataDir]);
    case 'not-writable':
      return fault('folder', 'folder-not-writable', [dataDir], folder.detail);
  }
}

export function judgeDisk(folder: FolderFact): Finding {
  if (folder.state !== 'writable') return unseen('disk');
  const { freeBytes, totalBytes, freeFiles } = folder;
  const told = `${sizeText(freeBytes)} / ${sizeText(totalBytes)}`;
  if (freeFiles !== undefined && freeFiles < fewFiles) return fault('disk', 'files-full', [`${freeFiles}`]);
  if (freeBytes < fullBytes) return fault('disk', 'disk-full', [told]);
  return freeBytes < tightBytes ? attention('disk', 'disk-tight', told) : ok('disk', told);
}

export function judgeOutbox({ outbox, outboxMaxBytes }: DoctorFacts): Finding {
  if (outbox.state === 'absent') return notNeeded('outbox');
  if (outbox.state === 'unseen') return unseen('outbox', outbox.detail);
  const lanes = Object.values(outbox.lanes);
  const sum = (value: (lane: (typeof lanes)[number]) => number) =>
    lanes.reduce((total, lane) => total + value(lane), 0);
  const bytes = sum((lane) => lane.bytes);
  const shed = sum((lane) => lane.shed);
  const facts = [
    `${sum((lane) => lane.pending)} (${sizeText(bytes)} / ${sizeText(outboxMaxBytes)})`,
    `outbox.db ${sizeText(outbox.fileBytes)}`,
    ...(shed > 0 ? [`shed ${shed}`] : []),
  ];
  if (bytes > 0.9 * outboxMaxBytes) return fault('outbox', 'outbox-full', facts);
  return bytes > 0.5 * outboxMaxBytes ? attention('outbox', 'outbox-filling', ...facts) : ok('outbox', ...facts);
}

export function judgeMemory({ totalBytes, availableBytes }: DoctorFacts['memory']): Finding {
  const told = `${sizeText(availableBytes)} / ${sizeText(totalBytes)}`;
  return availableBytes < lowMemoryBytes ? fault('memory', 'memory-low', [told]) : ok('memory', told);
}

export function judgePolicy({ allow, deny, ports, broadcast }: DoctorFacts['policy']): Finding {
  if (allow.length === 0) return fault('policy', 'policy-empty', []);
  return ok(
    'policy',
    allow.join(', '),
    ...(deny.length > 0 ? [`- ${deny.join(', ')}`] : []),
    ...(ports.length > 0 ? [`: ${ports.join(', ')}`] : []),
    ...(broadcast ? ['broadcast'] : []),
  );
}

export function judgeDevices(devices: DoctorFacts['devices']): Finding {
  if (!devices) return unseen('devices');
  const outside = devices.filter(({ isAllowed }) => isAllowed === false).map(({ name }) => name);
  if (outside.length === 0) return ok('devices', `${devices.length}`);
  return fault('devices', 'devices-outside', [`${outside.length} / ${devices.length}`, namesText(outside)]);
}

/** One finding a need, or one for all when nothing is missing. */
export function judgeNeeds(needs: readonly NeedFact[]): readonly Finding[] {
  if (needs.length === 0) return [notNeeded('needs')];
  const missing = needs.filter(({ isThere }) => !isThere);
  if (missing.length === 0) return [ok('needs', ...new Set(needs.map(nameOf)))];
  return missing.map((fact) => {
    const cause = fact.need.kind === 'program' ? 'program-missing' : 'server-missing';
    return fault('needs', cause, [nameOf(fact), namesText(fact.devices)]);
  });
}

function nameOf({ need }: NeedFact): string {
  if (need.kind === 'program') return need.program;
  return `${need.name} (${need.address.host}:${need.address.port})`;
}

export function judgeLocalBroker({ localBroker, running }: DoctorFacts): Finding {
  const { isEnabled, place, port, devices } = localBroker;
  if (devices.length === 0) return notNeeded('local-broker');
  const facts = [place, namesText(devices)];
  if (!isEnabled) return fault('local-broker', 'broker-disabled', [namesText(devices)]);
  if (port === 'unusable') return fault('local-broker', 'port-unusable', facts);
  const isRunning = running.state === 'running';
  if (port === 'taken' && !isRunning) return fault('local-broker', 'port-taken', facts);
  return port === 'free' && isRunning ? fault('local-broker', 'broker-silent', facts) : ok('local-broker', ...facts);
}

function namesText(names: readonly string[]): string {
  const told = names.slice(0, mostNames).join(', ');
  return names.length > mostNames ? `${told}, … (+${names.length - mostNames})` : told;
}
