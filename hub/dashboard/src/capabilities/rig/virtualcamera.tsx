import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { useHolder } from './holder.ts';
import './rig.css';

/** Whether meeting programs on the studio's computer can see its picture. */
export function VirtualcameraWidget({ state }: WidgetProps<'virtualcamera'>) {
  const { t } = useText();
  const holder = useHolder();
  return (state.cameras ?? []).map(({ part, active }) => (
    <div key={part} className="rig-block">
      <div className="rig-head">
        <b>{part}</b>
        <Badge tone={active ? 'ok' : 'quiet'}>{t(active ? 'virtualcamera.on' : 'virtualcamera.off')}</Badge>
      </div>
      <div className="row">
        <CommandButton capability="virtualcamera" name="set" args={{ part, active: !active, holder }}>
          {t(active ? 'virtualcamera.stop' : 'virtualcamera.start')}
        </CommandButton>
      </div>
    </div>
  ));
}
