import { useNow } from '../../state/clock.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

const soonMs = 30 * 24 * 3_600_000;

interface Face {
  readonly key: TextKey;
  readonly tone: 'ok' | 'attention' | 'fault' | 'quiet';
}

function faceOf(notAfter: number | undefined, now: number): Face {
  if (notAfter === undefined) return { key: 'level.unknown', tone: 'quiet' };
  if (notAfter <= now) return { key: 'certificate.expired', tone: 'fault' };
  return notAfter - now <= soonMs
    ? { key: 'certificate.soon', tone: 'attention' }
    : { key: 'certificate.valid', tone: 'ok' };
}

export function CertificateWidget({ state }: WidgetProps<'certificate'>) {
  const { t } = useText();
  const now = useNow();
  const certificates = state.certificates ?? [];
  return (
    <>
      {certificates.length === 0 ? <p>{t('certificate.none')}</p> : null}
      {certificates.map(({ id, subject, issuer, notAfter, selfSigned, fingerprint, served }) => {
        const face = faceOf(notAfter, now);
        return (
          <div key={id} className="stack">
            <Badge tone={face.tone}>
              {subject}: {t(face.key)}
            </Badge>
            {served ? <p>{t('certificate.served')}</p> : null}
            <Facts
              rows={[
                [t('certificate.issuer'), selfSigned ? t('certificate.self') : issuer],
                [t('certificate.until'), notAfter === undefined ? undefined : <Moment key="until" at={notAfter} />],
                [
                  t('certificate.fingerprint'),
                  <span key="fingerprint" className="code">
                    {fingerprint}
                  </span>,
                ],
              ]}
            />
          </div>
        );
      })}
    </>
  );
}
