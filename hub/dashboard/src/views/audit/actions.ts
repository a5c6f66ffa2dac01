import type { TextKey } from '../../text/texts.ts';

/** Actions that have words; one of a newer hub shows by its code. */
export const actionKeys = {
  'agent.enrol': 'did.agent.enrol',
  'agent.enrol-refused': 'did.agent.enrol-refused',
  'agent.quarantine': 'did.agent.quarantine',
  'agent.re-enrol': 'did.agent.re-enrol',
  'agent.release': 'did.agent.release',
  'agent.renew': 'did.agent.renew',
  'agent.replace': 'did.agent.replace',
  'agent.revoke': 'did.agent.revoke',
  'audit.contradicted': 'did.audit.contradicted',
  'broker.violation': 'did.broker.violation',
  'command.create': 'did.command.create',
  'conflict.accept': 'did.conflict.accept',
  'conflict.dismiss': 'did.conflict.dismiss',
  'conflict.open': 'did.conflict.open',
  'conflict.revoke': 'did.conflict.revoke',
  'device.add': 'did.device.add',
  'device.update': 'did.device.update',
  'password.change': 'did.password.change',
  'password.reset': 'did.password.reset',
  'person.break-glass': 'did.person.break-glass',
  'person.create': 'did.person.create',
  'person.update': 'did.person.update',
  'picture.view': 'did.picture.view',
  'proposal.adopt': 'did.proposal.adopt',
  'proposal.refuse': 'did.proposal.refuse',
  'sign-in.fail': 'did.sign-in.fail',
  'sign-in.emergency': 'did.sign-in.emergency',
  'sign-in.first-step': 'did.sign-in.first-step',
  'sign-in.succeed': 'did.sign-in.succeed',
  'sign-out': 'did.sign-out',
  'site.import': 'did.site.import',
  'token.create': 'did.token.create',
  'token.revoke': 'did.token.revoke',
  'unit.aliases': 'did.unit.aliases',
  'unit.close': 'did.unit.close',
  'two-factor.codes': 'did.two-factor.codes',
  'two-factor.disable': 'did.two-factor.disable',
  'two-factor.enable': 'did.two-factor.enable',
  'two-factor.reset': 'did.two-factor.reset',
  'unit.create': 'did.unit.create',
  'unit.import': 'did.unit.import',
  'unit.import-undo': 'did.unit.import-undo',
  'unit.line': 'did.unit.line',
  'unit.merge': 'did.unit.merge',
  'unit.move': 'did.unit.move',
  'unit.rename': 'did.unit.rename',
  'voucher.create': 'did.voucher.create',
  'voucher.create-batch': 'did.voucher.create-batch',
  'unit.split': 'did.unit.split',
  'voucher.extend': 'did.voucher.extend',
  'voucher.print': 'did.voucher.print',
  'voucher.revoke': 'did.voucher.revoke',
} as const satisfies Record<string, TextKey>;

/** How an action is called before people. */
export function nameOfAction(action: string, t: (key: TextKey) => string): string {
  const keys: Readonly<Record<string, TextKey>> = actionKeys;
  const key = Object.hasOwn(keys, action) ? keys[action] : undefined;
  return key === undefined ? action : t(key);
}
