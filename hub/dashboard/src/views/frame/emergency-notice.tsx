import { IconUrgent } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Emergency } from '../../../../../protocols/api/access/emergencies.ts';
import { emergenciesQuery } from '../../data/queries.ts';
import { useNow } from '../../state/clock.ts';
import { useMay, useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { formatInstant } from '../../ui/format.ts';

/** Above every page: rights that were given at the server itself, to whoever has them and to the other administrators. */
export function EmergencyNotice() {
  const { t, language } = useText();
  const me = useMe();
  const mayPeople = useMay('manage-people');
  const now = useNow();
  const read = useQuery({ ...emergenciesQuery, enabled: mayPeople });
  const others = (read.data?.rows ?? []).filter(
    ({ person, until }) => person.id !== me.user.id && Date.parse(until) > now,
  );
  const own = me.emergencyUntil !== undefined && Date.parse(me.emergencyUntil) > now ? me.emergencyUntil : undefined;
  if (own === undefined && others.length === 0) return null;
  return (
    <div className="stack" style={{ marginBottom: '1rem' }}>
      {own === undefined ? null : (
        <div className="notice" role="status" data-tone="attention">
          <IconUrgent aria-hidden />
          <span>{t('emergency.self', { until: formatInstant(Date.parse(own), language) })}</span>
        </div>
      )}
      {others.map((emergency) => (
        <OtherEmergency key={`${emergency.person.id} ${emergency.openedAt}`} emergency={emergency} />
      ))}
    </div>
  );
}

function OtherEmergency({ emergency }: { readonly emergency: Emergency }) {
  const { t, language } = useText();
  const mayAudit = useMay('view-audit');
  const { person, until, signIns, lastSignInAt } = emergency;
  const instant = (at: string) => formatInstant(Date.parse(at), language);
  return (
    <div className="notice" role="status" data-tone="fault">
      <IconUrgent aria-hidden />
      <div>
        <div>{t('emergency.other', { email: person.email, until: instant(until) })}</div>
        <p className="small">
          {lastSignInAt === undefined
            ? t('emergency.unused')
            : t('emergency.signIns', { count: signIns, last: instant(lastSignInAt) })}{' '}
          {mayAudit ? (
            <Link to="/audit" search={{ actor: person.id }}>
              {t('emergency.audit')}
            </Link>
          ) : null}
        </p>
      </div>
    </div>
  );
}
