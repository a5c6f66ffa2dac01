import type { Proposal } from '../devices/driver.ts';

const weights = { certain: 3, likely: 2, possible: 1 } as const;
/** A proposal has room for 16 lines; the last are for what the contest itself has to say. */
const maxEvidence = 16;
const maxLine = 300;
const maxMacs = 32;

/**
 * Makes one proposal of what several searches and families say about one device. At one address the family with the stronger
 * evidence has it, and the others stand as a line of its evidence; two that both answered as themselves, on ports of their
 * own, are two devices behind one address. A Mac address or a serial number that two addresses claim joins nothing, since one
 * of them may lie: each is told of the other.
 */
export function settleContest(found: readonly Proposal[]): readonly Proposal[] {
  const joined: Proposal[] = [];
  for (const proposal of [...found].sort((a, b) => weightOf(b) - weightOf(a))) {
    const at = joined.findIndex((other) => isSameDevice(other, proposal) && !isBehind(other, proposal, joined));
    const other = joined[at];
    if (other) joined[at] = other.family === proposal.family ? withMore(other, proposal) : withRival(other, proposal);
    else joined.push(proposal);
  }
  return joined.map((proposal) => withTwins(proposal, joined));
}

function weightOf({ confidence = 'certain' }: Proposal): number {
  return weights[confidence];
}

/** `stronger` came first, and has at least the weight of `weaker`. */
function isSameDevice(stronger: Proposal, weaker: Proposal): boolean {
  if (!isSameHost(stronger, weaker) || contradicts(stronger.settings, weaker.settings)) return false;
  const [one, other] = [stronger.address.port, weaker.address.port];
  if (one !== undefined && one === other) return true;
  const isWeak = weightOf(weaker) < weights.certain;
  if (stronger.family !== weaker.family) return isWeak;
  return isWeak || one === undefined || other === undefined;
}

/** Of several devices behind one address, such as those of a bridge, none is what another family sees at the address itself. */
function isBehind(stronger: Proposal, weaker: Proposal, joined: readonly Proposal[]): boolean {
  const isSibling = (other: Proposal) =>
    other.family === stronger.family && isSameHost(other, stronger) && contradicts(other.settings, stronger.settings);
  return stronger.family !== weaker.family && joined.some(isSibling);
}

function isSameHost(one: Proposal, other: Proposal): boolean {
  return one.address.host.toLowerCase() === other.address.host.toLowerCase();
}

/** Settings may name which of several devices behind one address it is. */
export function contradicts(one: Proposal['settings'], other: Proposal['settings']): boolean {
  if (!one || !other) return false;
  return Object.entries(one).some(([key, value]) => Object.hasOwn(other, key) && !isSame(other[key], value));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function withMore(stronger: Proposal, weaker: Proposal): Proposal {
  const macs = [...new Set([...(stronger.macs ?? []), ...(weaker.macs ?? [])])].slice(0, maxMacs);
  return {
    ...weaker,
    ...stronger,
    confidence: stronger.confidence ?? 'certain',
    needsCredentials: stronger.needsCredentials || weaker.needsCredentials,
    ...(macs.length > 0 ? { macs } : {}),
    evidence: evidenceOf(stronger, ...weaker.evidence),
  };
}

function withRival(winner: Proposal, { family, evidence, name, model }: Proposal): Proposal {
  const what = [name, model].filter((part) => part).join(', ');
  return {
    ...winner,
    evidence: evidenceOf(
      winner,
      `also looks like ${family}${what ? ` (${what})` : ''}: ${evidence[0] ?? 'no evidence'}`,
    ),
  };
}

/** Says which other address claims to be this very device. */
function withTwins(proposal: Proposal, all: readonly Proposal[]): Proposal {
  const lines = all.flatMap((other) => {
    if (other === proposal || isSameHost(other, proposal)) return [];
    const mac = proposal.macs?.find((one) => other.macs?.includes(one));
    if (mac !== undefined) return [`${other.address.host} claims the same Mac address, ${mac}`];
    const isTwin =
      proposal.serial !== undefined && proposal.serial === other.serial && proposal.vendor === other.vendor;
    return isTwin ? [`${other.address.host} claims the same serial number`] : [];
  });
  return lines.length === 0 ? proposal : { ...proposal, evidence: evidenceOf(proposal, ...lines.slice(0, 2)) };
}

function evidenceOf({ evidence }: Proposal, ...more: readonly string[]): string[] {
  return [...new Set([...evidence, ...more.map((line) => line.slice(0, maxLine))])].slice(0, maxEvidence);
}
