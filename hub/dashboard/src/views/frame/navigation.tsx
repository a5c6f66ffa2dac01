import { IconAlertTriangle, IconDeviceDesktop, IconHome, IconSchool, IconSettings } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { useMay } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';

const entries = [
  { to: '/', key: 'nav.overview', icon: IconHome },
  { to: '/causes', key: 'nav.causes', icon: IconAlertTriangle },
  { to: '/devices', key: 'nav.devices', icon: IconDeviceDesktop },
  { to: '/units', key: 'nav.units', icon: IconSchool },
  { to: '/agents', key: 'nav.admin', icon: IconSettings },
] as const satisfies readonly { to: string; key: TextKey; icon: unknown }[];

const adminPaths = [
  '/agents',
  '/proposals',
  '/vouchers',
  '/conflicts',
  '/commands',
  '/policies',
  '/people',
  '/audit',
  '/quarantine',
  '/channels',
  '/dead-letters',
] as const;

function useAdminEntries() {
  const mayVouchers = useMay('issue-voucher');
  const mayPeople = useMay('manage-people');
  const mayAudit = useMay('view-audit');
  const mayChannels = useMay('manage-notifications');
  const mayQuarantine = useMay('view-quarantine');
  const all = [
    { to: '/agents', key: 'nav.agents', isShown: true },
    { to: '/proposals', key: 'nav.proposals', isShown: true },
    { to: '/vouchers', key: 'nav.vouchers', isShown: mayVouchers },
    { to: '/conflicts', key: 'nav.conflicts', isShown: true },
    { to: '/people', key: 'nav.people', isShown: mayPeople },
    { to: '/channels', key: 'nav.channels', isShown: mayChannels },
    { to: '/commands', key: 'nav.commands', isShown: true },
    { to: '/policies', key: 'nav.policies', isShown: true },
    { to: '/dead-letters', key: 'nav.deadLetters', isShown: mayChannels },
    { to: '/audit', key: 'nav.audit', isShown: mayAudit },
    { to: '/quarantine', key: 'nav.quarantine', isShown: mayQuarantine },
  ] as const;
  return all.filter(({ isShown }) => isShown);
}

function isHere(path: string, to: string): boolean {
  if (to === '/') return path === '/';
  if (to === '/agents') return adminPaths.some((admin) => path.startsWith(admin));
  return path.startsWith(to);
}

/** The main sections as a column, with the lists of administration below their heading. */
export function SideNavigation() {
  const { t } = useText();
  const path = useLocation({ select: (location) => location.pathname });
  const admin = useAdminEntries();
  return (
    <nav aria-label={t('nav.label')}>
      <ul>
        {entries.map(({ to, key, icon: Icon }) => (
          <li key={to}>
            <Link to={to} className="nav-link" data-active={isHere(path, to) || undefined}>
              <Icon aria-hidden stroke={1.75} />
              {t(key)}
            </Link>
          </li>
        ))}
      </ul>
      {adminPaths.some((prefix) => path.startsWith(prefix)) ? (
        <ul className="nav-sub">
          {admin.map(({ to, key }) => (
            <li key={to}>
              <Link to={to} className="nav-link" data-active={path.startsWith(to) || undefined}>
                {t(key)}
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
    </nav>
  );
}

/** The main sections under the thumb, on a phone. */
export function BottomNavigation() {
  const { t } = useText();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav aria-label={t('nav.label')} className="bottom-nav">
      {entries.map(({ to, key, icon: Icon }) => (
        <Link key={to} to={to} data-active={isHere(path, to) || undefined}>
          <Icon aria-hidden stroke={1.75} />
          {t(key)}
        </Link>
      ))}
    </nav>
  );
}

/** The lists of administration, above each of them. */
export function AdminTabs() {
  const { t } = useText();
  const path = useLocation({ select: (location) => location.pathname });
  const admin = useAdminEntries();
  return (
    <nav aria-label={t('nav.admin')} className="admin-tabs">
      {admin.map(({ to, key }) => (
        <Link key={to} to={to} data-active={path.startsWith(to) || undefined}>
          {t(key)}
        </Link>
      ))}
    </nav>
  );
}
