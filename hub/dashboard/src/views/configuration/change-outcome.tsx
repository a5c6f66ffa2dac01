import type { ConfigurationChangeResult } from '../../../../../protocols/api/operation/configuration.ts';
import { useText } from '../../text/use-text.ts';
import { wordOf } from './values.ts';

const outcomeKeys = {
  changes: 'outcome.changes',
  agrees: 'outcome.agrees',
  untold: 'outcome.untold',
  impossible: 'outcome.impossible',
  shown: 'outcome.shown',
  released: 'outcome.released',
} as const;
const orderOfOutcomes = ['changes', 'shown', 'impossible', 'untold', 'agrees', 'released'] as const;
const shownRows = 8;

/** What a change of wishes would come to: how many devices, how, which are left out and why, and the first of them. */
export function ChangeOutcome({ result }: { readonly result: ConfigurationChangeResult }) {
  const { t } = useText();
  const { devices, outcomes, excluded, rows } = result;
  return (
    <div className="notice" role="status">
      <div className="stack">
        <strong>
          {devices === 0 ? t('configuration.same') : t('configuration.effect', { devices, count: devices })}
        </strong>
        <ul className="small">
          {orderOfOutcomes
            .filter((outcome) => (outcomes[outcome] ?? 0) > 0)
            .map((outcome) => (
              <li key={outcome}>{t(outcomeKeys[outcome], { count: outcomes[outcome] ?? 0 })}</li>
            ))}
          {excluded.overridden > 0 ? <li>{t('configuration.overridden', { count: excluded.overridden })}</li> : null}
          {excluded.incapable > 0 ? <li>{t('configuration.incapable', { count: excluded.incapable })}</li> : null}
        </ul>
        <ul className="small soft">
          {rows.slice(0, shownRows).map(({ device, unit, key, before, after, reported }) => (
            <li key={`${device.id} ${key}`}>
              {device.name} ({unit.name}):{' '}
              {t('configuration.row', {
                before: before === undefined ? t('history.unset') : wordOf(before, t),
                after: after === undefined ? t('history.unset') : wordOf(after, t),
              })}
              {reported === undefined ? null : `, ${t('configuration.row.reported', { value: wordOf(reported, t) })}`}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
