import type { Message } from '../../../protocols/llrp/messages.ts';
import { type ReaderEvent, readEvents, readTags, type TagSighting } from '../../../protocols/llrp/reports.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { DriverEvent } from '../driver.ts';
import { readItemId } from './item-id.ts';
import type { GateMemory } from './memory.ts';
import { type AlarmReason, judgeTag, type Verdict } from './policy.ts';
import { observe, type PresenceStep, sweep } from './presence.ts';
import type { Settings } from './settings.ts';

export interface GateOptions {
  readonly settings: Settings;
  readonly memory: GateMemory;
  readonly clock: Clock;
  /** What this session lets the reader read; what an earlier one left in its buffer is old. */
  readonly roSpec: number;
  /** Asks the library; never throws and bounds its own time and queue. Absent for a gate that asks nobody. */
  readonly judge: ((item: string) => Promise<Verdict>) | undefined;
  /** Sounds the siren and returns at once; absent without one. */
  readonly sound: (() => void) | undefined;
  readonly emit: (event: DriverEvent) => void;
  /** The reported state may have changed. */
  readonly onChange: () => void;
}

/** Events that one gate tells in a minute; those beyond are only counted, so that a broken reader cannot fill the line. */
const maxEventsPerMinute = 60;
const minuteMs = 60_000;
const maxTextLength = 300;

/** Takes what the reader tells in between, and makes counts, verdicts and alarms of it. */
export class Gate {
  readonly #options: GateOptions;
  /** Monotonic times of the events of the last minute. */
  #told: readonly number[] = [];
  #isReading = true;
  #antennas: ReadonlyMap<number, boolean> = new Map();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** False once the reader has ended by itself what it was told to read. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Which antennas are connected, as far as the reader has told. */
  get antennas(): ReadonlyMap<number, boolean> {
    return this.#antennas;
  }

  setReading(isReading: boolean): void {
    this.#isReading = isReading;
  }

  /** Takes what the reader answered; an antenna that differs from what was known before is told. */
  setAntennas(antennas: ReadonlyMap<number, boolean>): void {
    for (const [antenna, connected] of antennas) this.#noteAntenna(antenna, connected);
  }

  /** Takes one message that the reader sent unasked. */
  take(message: Message): void {
    const tags = readTags(message).filter(({ roSpec }) => roSpec === undefined || roSpec === this.#options.roSpec);
    if (tags.length > 0) this.#observe(tags);
    for (const event of readEvents(message)) this.#takeEvent(event);
  }

  /** Lets go the tags that have not been seen for a while. */
  sweep(): void {
    const { memory, clock, settings } = this.#options;
    this.#follow(sweep(memory.presence, clock.mono(), settings.departSeconds * 1_000));
  }

  /** Tells that the siren does not obey. */
  tellOutputFailure(message: string): void {
    this.#emit('outputFailed', 'critical', { message: message.slice(0, maxTextLength) });
  }

  #observe(tags: readonly TagSighting[]): void {
    const { memory, clock, settings } = this.#options;
    this.#follow(observe(memory.presence, tags, clock.mono(), settings.departSeconds * 1_000));
  }

  #follow({ presence, effects }: PresenceStep): void {
    const { memory } = this.#options;
    memory.presence = presence;
    for (const effect of effects) {
      if (effect.kind === 'moved') memory.moved++;
      else if (effect.kind === 'departed') memory.departed++;
      else this.#pass(effect.tag);
    }
  }

  #pass(tag: TagSighting): void {
    const { memory, settings, judge } = this.#options;
    const { security } = settings;
    memory.passes++;
    if (!security) return;
    const item = settings.item && readItemId(tag, settings.item);
    if (security.by !== 'library') {
      this.#settle(judgeTag(tag, security), item);
      return;
    }
    if (item === undefined) {
      this.#settle({ kind: 'unknown', reason: 'not-ours' }, undefined);
      return;
    }
    void judge?.(item).then((verdict) => this.#settle(verdict, item));
  }

  #settle(verdict: Verdict, item: string | undefined): void {
    const { memory, settings } = this.#options;
    switch (verdict.kind) {
      case 'pass':
        return;
      case 'undecided':
        memory.undecided++;
        return;
      case 'alarm':
        this.#alarm(verdict.reason, item);
        return;
      case 'unknown':
        memory.unknownItems++;
        // A tag that no rule fits is nobody's item, and may be a thing of a person who passes: never an alarm.
        if (settings.unknownItem === 'alarm' && item !== undefined) this.#alarm('unknown-item', item);
        else this.#tellUnknown(verdict.reason, item);
    }
  }

  #alarm(reason: AlarmReason, item: string | undefined): void {
    const { memory, clock, sound, onChange } = this.#options;
    memory.alarms++;
    memory.lastAlarmAt = Math.round(clock.now());
    this.#emit('alarm', 'critical', item === undefined ? { reason } : { item, reason });
    const isSilenced = memory.silencedUntil !== undefined && memory.silencedUntil.monoMs > clock.mono();
    // A gate of another kind behind a relay has a siren of its own.
    if (reason !== 'external' && !isSilenced) sound?.();
    onChange();
  }

  #tellUnknown(reason: string, item: string | undefined): void {
    const isTold = this.#options.settings.tellUnknownItems && item !== undefined;
    this.#emit('unknownItem', 'info', isTold ? { item, reason } : { reason });
  }

  #takeEvent(event: ReaderEvent): void {
    switch (event.kind) {
      case 'input':
        this.#count(event.port, event.high);
        return;
      case 'antenna':
        this.#noteAntenna(event.antenna, event.connected);
        return;
      case 'ro-spec':
        this.#noteRoSpec(event);
        return;
      case 'exception':
        this.#noteException(event.message);
        return;
      case 'buffer-overflow':
        this.#noteException('the report buffer of the reader has overflowed; passes were lost');
        return;
      case 'buffer-filling':
      case 'connection-attempt':
      case 'connection-closed':
        // The first only warns, the second tells of others who tried; the third ends the connection before it comes here.
        return;
    }
  }

  #count(port: number, isHigh: boolean): void {
    const { settings, memory } = this.#options;
    for (const input of settings.inputs) {
      if (input.port !== port || (input.edge === 'high') !== isHigh) continue;
      if (input.counts === 'people') memory.people++;
      else this.#alarm('external', undefined);
    }
  }

  #noteAntenna(antenna: number, connected: boolean): void {
    const before = this.#antennas.get(antenna);
    if (before === connected) return;
    this.#antennas = new Map(this.#antennas).set(antenna, connected);
    // What is not connected from the start may never have been: only a change is worth an event.
    if (before === undefined) return;
    const severity = connected ? 'info' : 'warning';
    this.#emit('antenna', severity, { antenna, connected }, 'tagreader');
    this.#options.onChange();
  }

  #noteRoSpec({ roSpec, change }: Extract<ReaderEvent, { kind: 'ro-spec' }>): void {
    if (roSpec !== this.#options.roSpec) return;
    const isReading = change === 'started';
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    this.#options.onChange();
  }

  #noteException(message: string): void {
    this.#options.memory.exceptions++;
    this.#emit('exception', 'warning', { message: message.slice(0, maxTextLength) }, 'tagreader');
  }

  #emit(
    name: string,
    severity: DriverEvent['severity'],
    data: DriverEvent['data'],
    capability: DriverEvent['capability'] = 'gate',
  ): void {
    const { clock, emit } = this.#options;
    const nowMs = clock.mono();
    this.#told = this.#told.filter((atMs) => nowMs - atMs < minuteMs);
    if (this.#told.length >= maxEventsPerMinute) return;
    this.#told = [...this.#told, nowMs];
    emit({ capability, name, severity, data });
  }
}
