import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

type Recorder = CapabilityState<'recording'>['recorders'][number];

const faces = {
  stopped: { text: 'recording.stopped', tone: 'quiet' },
  starting: { text: 'recording.starting', tone: 'attention' },
  recording: { text: 'recording.recording', tone: 'ok' },
  paused: { text: 'recording.paused', tone: 'attention' },
  stopping: { text: 'recording.stopping', tone: 'attention' },
  unknown: { text: 'recording.unknown', tone: 'quiet' },
} as const satisfies Record<Recorder['state'], { text: TextKey; tone: string }>;

/** Room below which a recording soon ends; the hub warns by the same figures. */
const scarceSeconds = 900;

/** Each recorder by itself: whether it runs, how long it can still, what it wrote, and its buttons. */
export function RecordingWidget({ state }: WidgetProps<'recording'>) {
  const recorders = state.recorders ?? [];
  const face = faces[state.state ?? 'unknown'];
  const { t } = useText();
  if (recorders.length === 0) return <Badge tone={face.tone}>{t(face.text)}</Badge>;
  return recorders.map((recorder) => <RecorderCard key={recorder.part} recorder={recorder} />);
}

function RecorderCard({ recorder }: { readonly recorder: Recorder }) {
  const { t, language } = useText();
  const holder = useHolder();
  const { part, state, freeSeconds, freeBytes, output, lastOutput } = recorder;
  const face = faces[state];
  const isOff = state === 'stopped' || state === 'unknown';
  const args = { part, holder };
  const left = freeSeconds === undefined ? undefined : formatDuration(freeSeconds, language);
  return (
    <div className="rig-block">
      <div className="rig-head">
        <b>{part}</b>
        <Badge tone={face.tone}>{t(face.text)}</Badge>
      </div>
      <Facts
        rows={[
          [
            t('recording.left'),
            left === undefined || freeSeconds === undefined || freeSeconds >= scarceSeconds ? (
              left
            ) : (
              <Badge key="left" tone="attention">
                {left}
              </Badge>
            ),
          ],
          [t('recording.room'), freeBytes === undefined ? undefined : formatBytes(freeBytes, language)],
          [t('recording.output'), isOff ? undefined : output],
          [t('recording.last'), lastOutput],
        ]}
      />
      <div className="row">
        <CommandButton capability="recording" name="start" args={args} disabled={!isOff} />
        <CommandButton capability="recording" name="stop" args={args} disabled={state === 'stopped'} />
        {state === 'recording' ? <CommandButton capability="recording" name="pause" args={args} /> : null}
        {state === 'paused' ? <CommandButton capability="recording" name="resume" args={args} /> : null}
      </div>
    </div>
  );
}
