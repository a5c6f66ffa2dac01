import { findSetting } from '../../../../../protocols/fleet/configuration/settings.ts';
import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import { StandingBadge } from '../parts/standing.tsx';
import type { WidgetProps } from '../parts/widget.ts';

/** How the agent keeps what is wished of the device. */
export function ConfigurationWidget({ state }: WidgetProps<'configuration'>) {
  const { pick } = useText();
  const rows = (state.settings ?? []).map(({ key, standing }) => {
    const setting = findSetting(key);
    return [setting ? pick(setting.label) : key, <StandingBadge key={key} standing={standing} />] as const;
  });
  return <Facts rows={rows} />;
}
