import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { Age } from '../ui/age.tsx';
import { CommandButton } from './parts/command-button.tsx';
import { Badge, Facts } from './parts/facts.tsx';
import { ProblemWords } from './parts/problem.tsx';
import type { WidgetProps } from './parts/widget.ts';

const faces = {
  up: { key: 'reach.up', tone: 'ok' },
  'up-without-authentication': { key: 'reach.up-without-authentication', tone: 'attention' },
  reachable: { key: 'reach.reachable', tone: 'attention' },
  unreachable: { key: 'reach.unreachable', tone: 'unreachable' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function ReachabilityWidget({ state }: WidgetProps<'reachability'>) {
  const { t } = useText();
  const face = state.status === undefined ? undefined : faces[state.status];
  return (
    <>
      {face ? <Badge tone={face.tone}>{t(face.key)}</Badge> : null}
      <Facts rows={[[t('reach.since'), state.since === undefined ? undefined : <Age key="age" at={state.since} />]]} />
      {state.problem ? <ProblemWords problem={state.problem} /> : null}
      <div className="row">
        <CommandButton capability="reachability" name="probe" />
      </div>
    </>
  );
}
