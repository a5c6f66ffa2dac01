import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { DevicesPage } from './devices/devices-page.tsx';
import { Frame } from './frame/frame.tsx';
import { NotFoundPage, PageFailed } from './frame/not-found.tsx';
import { SignInPage } from './frame/sign-in-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { ProblemsPage } from './problems/problems-page.tsx';
import {
  agentsSearch,
  auditSearch,
  availabilitySearch,
  calendarSearch,
  causesSearch,
  commandsSearch,
  conflictsSearch,
  deviceSearch,
  devicesSearch,
  importSearch,
  notificationsSearch,
  overviewSearch,
  peopleSearch,
  policiesSearch,
  proposalsSearch,
  quarantineSearch,
  signInSearch,
  unitsSearch,
  vouchersSearch,
} from './search.ts';

const root = createRootRoute({ notFoundComponent: NotFoundPage, errorComponent: PageFailed });
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: signInSearch,
});
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });

const overview = createRoute({
  getParentRoute: () => frame,
  path: '/',
  component: OverviewPage,
  validateSearch: overviewSearch,
});
const causes = createRoute({
  getParentRoute: () => frame,
  path: '/causes',
  component: ProblemsPage,
  validateSearch: causesSearch,
});
const cause = createRoute({
  getParentRoute: () => frame,
  path: '/causes/$cause',
  component: lazyRouteComponent(() => import('./problems/problem-page.tsx'), 'ProblemPage'),
});
const problemRules = createRoute({
  getParentRoute: () => frame,
  path: '/problem-rules',
  component: lazyRouteComponent(() => import('./problems/rules-page.tsx'), 'RulesPage'),
});
const maintenance = createRoute({
  getParentRoute: () => frame,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('./problems/windows-page.tsx'), 'WindowsPage'),
});
const devices = createRoute({
  getParentRoute: () => frame,
  path: '/devices',
  component: DevicesPage,
  validateSearch: devicesSearch,
});
const device = createRoute({
  getParentRoute: () => frame,
  path: '/devices/$device',
  validateSearch: deviceSearch,
  component: lazyRouteComponent(() => import('./device/device-page.tsx'), 'DevicePage'),
});
const units = createRoute({
  getParentRoute: () => frame,
  path: '/units',
  validateSearch: unitsSearch,
  component: lazyRouteComponent(() => import('./units/units-page.tsx'), 'UnitsPage'),
});
const availability = createRoute({
  getParentRoute: () => frame,
  path: '/availability',
  validateSearch: availabilitySearch,
  component: lazyRouteComponent(() => import('./availability/availability-page.tsx'), 'AvailabilityPage'),
});
const unitConfiguration = createRoute({
  getParentRoute: () => frame,
  path: '/units/$unit/configuration',
  component: lazyRouteComponent(() => import('./configuration/unit-configuration-page.tsx'), 'UnitConfigurationPage'),
});
const importTable = createRoute({
  getParentRoute: () => frame,
  path: '/import',
  validateSearch: importSearch,
  component: lazyRouteComponent(() => import('./imports/import-page.tsx'), 'ImportPage'),
});
const calendar = createRoute({
  getParentRoute: () => frame,
  path: '/calendar',
  validateSearch: calendarSearch,
  component: lazyRouteComponent(() => import('./calendar/calendar-page.tsx'), 'CalendarPage'),
});
const policies = createRoute({
  getParentRoute: () => frame,
  path: '/policies',
  validateSearch: policiesSearch,
  component: lazyRouteComponent(() => import('./policies/policies-page.tsx'), 'PoliciesPage'),
});
/** What the posters of rooms say: an address that stays on a wall for years, whatever page shows a room. */
const room = createRoute({
  getParentRoute: () => root,
  path: '/rooms/$room',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/devices', search: { unit: Number(params.room) || undefined }, replace: true });
  },
});
const agents = createRoute({
  getParentRoute: () => frame,
  path: '/agents',
  validateSearch: agentsSearch,
  component: lazyRouteComponent(() => import('./admin/agents-page.tsx'), 'AgentsPage'),
});
const agent = createRoute({
  getParentRoute: () => frame,
  path: '/agents/$agent',
  component: lazyRouteComponent(() => import('./admin/agent-page.tsx'), 'AgentPage'),
});
const proposals = createRoute({
  getParentRoute: () => frame,
  path: '/proposals',
  validateSearch: proposalsSearch,
  component: lazyRouteComponent(() => import('./admin/proposals-page.tsx'), 'ProposalsPage'),
});
const people = createRoute({
  getParentRoute: () => frame,
  path: '/people',
  validateSearch: peopleSearch,
  component: lazyRouteComponent(() => import('./people/people-page.tsx'), 'PeoplePage'),
});
const account = createRoute({
  getParentRoute: () => frame,
  path: '/account',
  component: lazyRouteComponent(() => import('./account/account-page.tsx'), 'AccountPage'),
});
const audit = createRoute({
  getParentRoute: () => frame,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
});
const commands = createRoute({
  getParentRoute: () => frame,
  path: '/commands',
  validateSearch: commandsSearch,
  component: lazyRouteComponent(() => import('./commands/commands-page.tsx'), 'CommandsPage'),
});
const conflicts = createRoute({
  getParentRoute: () => frame,
  path: '/conflicts',
  validateSearch: conflictsSearch,
  component: lazyRouteComponent(() => import('./admin/conflicts-page.tsx'), 'ConflictsPage'),
});
const vouchers = createRoute({
  getParentRoute: () => frame,
  path: '/vouchers',
  validateSearch: vouchersSearch,
  component: lazyRouteComponent(() => import('./admin/vouchers-page.tsx'), 'VouchersPage'),
});
const quarantine = createRoute({
  getParentRoute: () => frame,
  path: '/quarantine',
  validateSearch: quarantineSearch,
  component: lazyRouteComponent(() => import('./admin/quarantine-page.tsx'), 'QuarantinePage'),
});

const told = createRoute({
  getParentRoute: () => frame,
  path: '/notifications',
  validateSearch: notificationsSearch,
  component: lazyRouteComponent(() => import('./notifications/notifications-page.tsx'), 'NotificationsPage'),
});
const toldHow = createRoute({
  getParentRoute: () => frame,
  path: '/notifications/settings',
  component: lazyRouteComponent(() => import('./notifications/settings-page.tsx'), 'NotificationSettingsPage'),
});
const channels = createRoute({
  getParentRoute: () => frame,
  path: '/channels',
  component: lazyRouteComponent(() => import('./notifications/channels-page.tsx'), 'ChannelsPage'),
});
const deadLetters = createRoute({
  getParentRoute: () => frame,
  path: '/dead-letters',
  component: lazyRouteComponent(() => import('./notifications/dead-letters-page.tsx'), 'DeadLettersPage'),
});

/** Every address of the page. What a page shows is in its address, so that a link shows the same to the next person. */
export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    room,
    frame.addChildren([
      overview,
      causes,
      cause,
      problemRules,
      maintenance,
      devices,
      device,
      units,
      unitConfiguration,
      availability,
      importTable,
      calendar,
      policies,
      agents,
      agent,
      proposals,
      vouchers,
      commands,
      conflicts,
      people,
      account,
      told,
      toldHow,
      channels,
      deadLetters,
      audit,
      quarantine,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
