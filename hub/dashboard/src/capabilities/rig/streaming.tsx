import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

type StreamState = CapabilityState<'streaming'>['state'];

const faces = {
  stopped: { text: 'streaming.stopped', tone: 'quiet' },
  starting: { text: 'streaming.starting', tone: 'attention' },
  live: { text: 'streaming.live', tone: 'ok' },
  reconnecting: { text: 'streaming.reconnecting', tone: 'fault' },
  stopping: { text: 'streaming.stopping', tone: 'attention' },
  unknown: { text: 'streaming.unknown', tone: 'quiet' },
} as const satisfies Record<StreamState, { text: TextKey; tone: string }>;

/** Whether the picture leaves the school, by each part that can send it. */
export function StreamingWidget({ state }: WidgetProps<'streaming'>) {
  const { t } = useText();
  const holder = useHolder();
  const encoders = state.encoders ?? [];
  const face = faces[state.state ?? 'unknown'];
  if (encoders.length === 0) return <Badge tone={face.tone}>{t(face.text)}</Badge>;
  return encoders.map(({ part, state: of }) => (
    <div key={part} className="rig-block">
      <div className="rig-head">
        <b>{part}</b>
        <Badge tone={faces[of].tone}>{t(faces[of].text)}</Badge>
      </div>
      <div className="row">
        <CommandButton
          capability="streaming"
          name="start"
          args={{ part, holder }}
          disabled={of !== 'stopped' && of !== 'unknown'}
        />
        <CommandButton capability="streaming" name="stop" args={{ part, holder }} disabled={of === 'stopped'} />
      </div>
    </div>
  ));
}
