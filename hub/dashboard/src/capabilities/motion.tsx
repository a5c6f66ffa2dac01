import { useText } from '../text/use-text.ts';
import { Age } from '../ui/age.tsx';
import { Badge, Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function MotionWidget({ state }: WidgetProps<'motion'>) {
  const { t } = useText();
  return (
    <>
      {state.active === undefined ? null : (
        <Badge tone={state.active ? 'ok' : 'quiet'}>{t(state.active ? 'motion.active' : 'motion.still')}</Badge>
      )}
      {state.tampered ? <Badge tone="fault">{t('motion.tampered')}</Badge> : null}
      <Facts
        rows={[[t('motion.last'), state.lastAt === undefined ? undefined : <Age key="last" at={state.lastAt} />]]}
      />
    </>
  );
}
