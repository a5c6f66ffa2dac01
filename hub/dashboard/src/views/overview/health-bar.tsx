import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../../../protocols/api/causes.ts';
import type { HealthState } from '../../../../../protocols/api/health.ts';
import { healthKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';
import { HealthMark, healthTones } from '../../ui/health-mark.tsx';

const order: readonly HealthState[] = ['fault', 'unreachable', 'attention', 'ok', 'expected-off', 'stale', 'unknown'];

/** How the devices share out among the states: a bar to see, a line of links to read. */
export function HealthBar({
  devices,
  unit,
}: {
  readonly devices: Overview['devices'];
  readonly unit: number | undefined;
}) {
  const { t, language } = useText();
  const parts = order.map((state) => ({ state, count: devices.byHealth[state] ?? 0 })).filter(({ count }) => count > 0);
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('overview.health')}</h2>
      </div>
      <div className="health-bar" aria-hidden>
        {parts.map(({ state, count }) => (
          <span
            key={state}
            data-tone={healthTones[state]}
            data-state={state}
            style={{ flex: `${count} 1 0` }}
            title={t('overview.health.of', { state: t(healthKeys[state]), count })}
          />
        ))}
      </div>
      <ul className="health-legend">
        {parts.map(({ state, count }) => (
          <li key={state}>
            <Link to="/devices" search={{ unit, health: state }}>
              <HealthMark state={state} />
              <b className="number">{formatNumber(count, language)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
