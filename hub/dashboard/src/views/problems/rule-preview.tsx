import { Link } from '@tanstack/react-router';
import type { Preview } from '../../../../../protocols/api/operation/rules.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';

const shown = 20;

const gapKeys = {
  'no-history-of-states': 'rule.gap.no-history-of-states',
  'too-many-devices': 'rule.gap.too-many-devices',
  'too-slow': 'rule.gap.too-slow',
  'no-samples': 'rule.gap.no-samples',
  'not-in-service': 'rule.gap.not-in-service',
} as const;

/** What a rule would have done, with the list, and what could not be looked at. */
export function PreviewShown({ preview }: { readonly preview: Preview }) {
  const { t } = useText();
  const { times, devices, now, firings, gaps } = preview;
  return (
    <div className="stack" role="status">
      <b>{t('rule.preview.times', { count: times, devices: devices.firing })}</b>
      <p className="small">
        {t('rule.preview.now', { count: now })}{' '}
        {t('rule.preview.looked', { looked: devices.lookedAt, matching: devices.matching })}
      </p>
      {gaps.map(({ why, devices: count }) => (
        <p key={why} className="small soft">
          {t(gapKeys[why], { count })}
        </p>
      ))}
      {firings.length === 0 ? null : (
        <ul className="small problem-story">
          {firings.slice(0, shown).map(({ device, unit, from, to }) => (
            <li key={`${device.id} ${from}`}>
              <Link to="/devices/$device" params={{ device: device.id }}>
                {device.name}
              </Link>{' '}
              <span className="soft">{unit.name}</span>
              <div>
                <Moment at={from} />
                {to === undefined ? null : (
                  <>
                    {' – '}
                    <Moment at={to} />
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
