import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import { ProblemWords } from '../parts/problem.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

type State = Partial<CapabilityState<'studio'>>;
type Part = CapabilityState<'studio'>['parts'][number];
type Tone = 'ok' | 'attention' | 'fault' | 'unreachable' | 'quiet';

const modes = {
  idle: { text: 'studio.idle', tone: 'quiet' },
  rehearsing: { text: 'studio.rehearsing', tone: 'attention' },
  recording: { text: 'studio.recording', tone: 'ok' },
  live: { text: 'studio.live', tone: 'ok' },
} as const satisfies Record<CapabilityState<'studio'>['mode'], { text: TextKey; tone: Tone }>;

const roles: Readonly<Record<Part['role'], TextKey>> = {
  mixer: 'studio.mixer',
  camera: 'studio.camera',
  recorder: 'studio.recorder',
  switcher: 'studio.switcher',
};

const statuses: Readonly<Record<Part['status'], { readonly text: TextKey; readonly tone: Tone }>> = {
  starting: { text: 'studio.starting', tone: 'quiet' },
  up: { text: 'studio.up', tone: 'ok' },
  busy: { text: 'studio.busy', tone: 'attention' },
  refused: { text: 'studio.refused', tone: 'attention' },
  down: { text: 'studio.down', tone: 'fault' },
};

/** As long as a lesson. */
const holdMinutes = 45;

/** The whole rig at a glance: what it does, who holds it, which part is wrong, and its buttons. */
export function StudioWidget({ state }: WidgetProps<'studio'>) {
  const { t } = useText();
  const mode = state.mode && modes[state.mode];
  return (
    <>
      {mode ? <Badge tone={mode.tone}>{t(mode.text)}</Badge> : null}
      <ul className="rig-parts">
        {(state.parts ?? []).map((part) => (
          <PartRow key={part.name} part={part} isWanted={state.attention?.includes(part.name) ?? false} />
        ))}
      </ul>
      <Scenes state={state} />
      <Hold lock={state.lock} />
    </>
  );
}

function PartRow({ part, isWanted }: { readonly part: Part; readonly isWanted: boolean }) {
  const { t } = useText();
  const { text, tone } = statuses[part.status];
  return (
    <li data-wanted={isWanted || undefined}>
      <span className="rig-part">
        <b>{part.name}</b>
        <span className="soft small">{t(roles[part.role])}</span>
      </span>
      <span className="rig-status">
        <Badge tone={tone === 'ok' && isWanted ? 'attention' : tone}>{t(text)}</Badge>
        <span className="soft small">
          <Age at={part.since} />
        </span>
      </span>
      {part.problem ? <ProblemWords problem={part.problem} /> : null}
    </li>
  );
}

/** A button a scene, and how the last one went. */
function Scenes({ state }: { readonly state: State }) {
  const { t } = useText();
  const holder = useHolder();
  const scenes = state.scenes ?? [];
  const isForeign = state.lock !== undefined && state.lock.holder !== holder;
  if (scenes.length === 0) return null;
  return (
    <>
      <h4>{t('studio.scenes')}</h4>
      <div className="row">
        {scenes.map(({ id, name }) => (
          <CommandButton key={id} capability="studio" name="runScene" args={{ scene: id, holder }} disabled={isForeign}>
            {name}
          </CommandButton>
        ))}
      </div>
      <LastRun state={state} />
    </>
  );
}

function LastRun({ state: { lastRun, scenes = [] } }: { readonly state: State }) {
  const { t } = useText();
  if (!lastRun) return null;
  const scene = scenes.find(({ id }) => id === lastRun.scene)?.name ?? lastRun.scene;
  const outcomes = {
    done: { text: t('studio.run.done', { scene }), tone: 'ok' },
    undone: { text: t('studio.run.undone', { scene }), tone: 'attention' },
    'left-as-is': { text: t('studio.run.left', { scene }), tone: 'fault' },
  } as const;
  const { text, tone } = outcomes[lastRun.outcome];
  return (
    <div className="rig-run">
      <Badge tone={tone}>{text}</Badge>
      <span className="soft small">
        <Age at={lastRun.at} />
      </span>
      {lastRun.failed ? <p className="small">{t('studio.run.failed', { step: lastRun.failed })}</p> : null}
    </div>
  );
}

/** Who holds the rig and until when; while it is held, nobody else is obeyed. */
function Hold({ lock }: { readonly lock: State['lock'] }) {
  const { t } = useText();
  const holder = useHolder();
  if (!lock) {
    return (
      <div className="row">
        <CommandButton capability="studio" name="lock" args={{ holder, minutes: holdMinutes }}>
          {t('studio.hold', { minutes: holdMinutes })}
        </CommandButton>
      </div>
    );
  }
  const isOwn = lock.holder === holder;
  return (
    <div className="rig-hold">
      <Badge tone="attention">{isOwn ? t('studio.held.own') : t('studio.held', { holder: lock.holder })}</Badge>
      <span className="soft small">
        {t('studio.until')} <Moment at={lock.until} />
      </span>
      {isOwn ? null : <p className="soft small">{t('studio.held.why', { holder: lock.holder })}</p>}
      <div className="row">
        <CommandButton capability="studio" name="unlock" args={isOwn ? { holder } : { holder, force: true }}>
          {isOwn ? undefined : t('studio.take')}
        </CommandButton>
      </div>
    </div>
  );
}
