import { IconArrowRight, IconCheck, IconPoint, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { HealthVerdict } from '../../../../../protocols/api/health.ts';
import { healthKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { HealthMark, healthTones } from '../../ui/health-mark.tsx';

type Evidence = HealthVerdict['evidence'][number];

const marks = {
  holds: { icon: IconCheck, tone: 'ok', key: 'device.fact.holds' },
  fails: { icon: IconX, tone: 'fault', key: 'device.fact.fails' },
  noted: { icon: IconPoint, tone: 'quiet', key: 'device.fact.noted' },
} as const satisfies Record<string, { icon: unknown; tone: string; key: TextKey }>;

function markOf(fact: Evidence) {
  if (fact.ok === undefined) return marks.noted;
  return fact.ok ? marks.holds : marks.fails;
}

function EvidenceRow({ fact }: { readonly fact: Evidence }) {
  const { t, pick } = useText();
  const { icon: Icon, tone, key } = markOf(fact);
  return (
    <li>
      <span className="state" data-tone={tone}>
        <Icon aria-hidden stroke={2.5} />
        <span className="visually-hidden">{t(key)}: </span>
      </span>
      <span>{pick(fact)}</span>
      {fact.at === undefined ? null : (
        <span className="soft small">
          <Age at={fact.at} />
        </span>
      )}
    </li>
  );
}

/** The fact that says it all: what fails, or why what is off may be off. */
function tellingOf({ state, evidence }: HealthVerdict): Evidence | undefined {
  if (state === 'expected-off') return evidence.find((fact) => fact.ok === undefined);
  return evidence.find((fact) => fact.ok === false) ?? (state === 'ok' ? undefined : evidence.at(0));
}

/** The state in a sentence, what to do about it, and the facts behind it in the order of the chain. */
export function Verdict({ health }: { readonly health: HealthVerdict }) {
  const { t, pick } = useText();
  const telling = tellingOf(health);
  const sentence = telling ? pick(telling) : health.state === 'ok' ? t('device.well') : undefined;
  return (
    <section className="card verdict" data-tone={healthTones[health.state]} aria-label={t(healthKeys[health.state])}>
      <div className="row">
        <HealthMark state={health.state} pill />
        <span className="soft">
          <Age at={health.since} />
        </span>
      </div>
      {sentence ? <p className="verdict-sentence">{sentence}</p> : null}
      {health.next ? (
        <p className="verdict-next">
          <IconArrowRight aria-hidden />
          <span>
            <b>{t('device.next')}:</b> {pick(health.next)}
          </span>
        </p>
      ) : null}
      <div>
        <h2 className="verdict-why">{t('device.why')}</h2>
        {health.evidence.length === 0 ? (
          <p className="soft">{t('device.why.none')}</p>
        ) : (
          <ul className="evidence">
            {health.evidence.map((fact) => (
              <EvidenceRow key={fact.vi} fact={fact} />
            ))}
          </ul>
        )}
        <p className="soft small row">
          {health.code === undefined ? null : <span className="code">{t('error.code', { code: health.code })}</span>}
          {health.cause === undefined ? null : (
            <Link to="/causes/$cause" params={{ cause: health.cause }}>
              {t('device.cause')}
            </Link>
          )}
        </p>
      </div>
    </section>
  );
}
