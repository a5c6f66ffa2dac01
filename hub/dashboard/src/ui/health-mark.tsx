import {
  IconAlertOctagon,
  IconAlertTriangle,
  IconCircleCheck,
  IconClockExclamation,
  IconHelpCircle,
  IconMoon,
  IconPlugConnectedX,
} from '@tabler/icons-react';
import type { HealthState } from '../../../../protocols/api/health.ts';
import { healthKeys } from '../text/state-keys.ts';
import { useText } from '../text/use-text.ts';

const icons = {
  ok: IconCircleCheck,
  attention: IconAlertTriangle,
  fault: IconAlertOctagon,
  unreachable: IconPlugConnectedX,
  'expected-off': IconMoon,
  stale: IconClockExclamation,
  unknown: IconHelpCircle,
} as const;

type Tone = 'ok' | 'attention' | 'fault' | 'unreachable' | 'quiet';

/** Colour family of each state of health; the three quiet ones are told apart by shape and word. */
export const healthTones: Readonly<Record<HealthState, Tone>> = {
  ok: 'ok',
  attention: 'attention',
  fault: 'fault',
  unreachable: 'unreachable',
  'expected-off': 'quiet',
  stale: 'quiet',
  unknown: 'quiet',
};

/** A state of health as shape, word and colour. Plain elements only: it stands in every row of long lists. */
export function HealthMark({ state, pill }: { readonly state: HealthState; readonly pill?: boolean }) {
  const { t } = useText();
  const Icon = icons[state];
  return (
    <span className="state" data-tone={healthTones[state]} data-pill={pill || undefined}>
      <Icon aria-hidden />
      {t(healthKeys[state])}
    </span>
  );
}
