import type { PolicyCheck, PolicyEffect } from '../../../../../protocols/api/operation/policies.ts';
import { useText } from '../../text/use-text.ts';
import { dayText } from '../units/history-dialog.tsx';
import { usePolicyWords } from './words.ts';

/** What a try came to: why it cannot be saved, or what would happen day by day. */
export function CheckOutcome({ result }: { readonly result: PolicyCheck | undefined }) {
  const { t, pick } = useText();
  if (!result) return null;
  if (result.faults.length > 0)
    return (
      <div className="notice" role="alert" data-tone="fault">
        <div>
          <div>{t('policies.fault')}</div>
          <ul className="small">
            {result.faults.map((fault) => (
              <li key={`${fault.field} ${fault.why.en}`}>
                {pick(fault.why)} <strong>{pick(fault.remedy)}</strong>
              </li>
            ))}
          </ul>
        </div>
      </div>
    );
  return result.effect ? <Effect effect={result.effect} /> : null;
}

function Effect({ effect }: { readonly effect: PolicyEffect }) {
  const { t } = useText();
  const { devices, agents, replaces, acts, happened, days } = effect;
  const isEmpty = devices.total === 0;
  return (
    <div className="notice" role="status" data-tone={isEmpty ? 'attention' : 'accent'}>
      <div>
        <div>
          {isEmpty
            ? t('policies.effect.nobody')
            : t('policies.effect', { devices: devices.total, agents, first: devices.first.join(', ') })}
        </div>
        {replaces > 0 ? <div className="small">{t('policies.effect.replaces', { count: replaces })}</div> : null}
        {acts ? (
          <div className="small">{t('policies.effect.acts', { count: acts.total, first: acts.first.join(', ') })}</div>
        ) : null}
        {happened === undefined ? null : (
          <div className="small">{t('policies.effect.happened', { count: happened })}</div>
        )}
        {isEmpty ? null : (
          <ul className="small policy-days">
            {days.map((day) => (
              <DayLine key={day.date} day={day} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function DayLine({ day }: { readonly day: PolicyEffect['days'][number] }) {
  const { t } = useText();
  const { nameOf } = usePolicyWords();
  const nothing = () => {
    if (!day.isKnown) return t('policies.effect.unknown');
    if (day.kind === 'off') return t('policies.effect.off', { name: day.name ?? '' });
    if (day.kind === 'exam') return t('policies.effect.exam', { name: day.name ?? '' });
    return t('policies.effect.nothing');
  };
  return (
    <li>
      <strong className="nowrap">{dayText(day.date)}</strong>
      {day.runs.length === 0 ? <span className="soft">{nothing()}</span> : null}
      <span>
        {day.runs.map((run) => (
          <span key={`${run.time} ${run.step} ${run.devices.first.join()}`} className="policy-run">
            {t(run.isFrozen ? 'policies.effect.frozen' : 'policies.effect.run', {
              time: run.time,
              what: nameOf({ capability: run.capability, name: run.command }),
              count: run.devices.total,
            })}
          </span>
        ))}
      </span>
    </li>
  );
}
