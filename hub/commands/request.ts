import type { z } from 'zod';
import type { createCommandBody } from '../../protocols/api/operation/commands.ts';
import { type CapabilityCommand, findCapability } from '../../protocols/fleet/capabilities/index.ts';
import { InvalidInputError } from '../access/index.ts';

export type CommandRequest = z.input<typeof createCommandBody>;

type Named = Pick<CommandRequest, 'capability' | 'name' | 'args' | 'reason' | 'force' | 'evenInExam'>;

export interface CheckedRequest {
  readonly command: CapabilityCommand;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A command whose agent uploads a picture; it is asked for with a purpose. */
export function takesPicture(capability: string, name: string): boolean {
  return capability === 'snapshot' && name === 'take';
}

/**
 * Checks a wish against the capability's own schema; what does not fit is refused whole, with the field, why, and what
 * would do. Throws InvalidInputError for an unknown capability or command, arguments that do not fit, or a missing reason.
 */
export function checkRequest(body: Named): CheckedRequest {
  const capability = findCapability(body.capability);
  if (!capability)
    throw new InvalidInputError(
      'capability',
      `no capability is called ${body.capability}; see the capabilities of the device`,
    );
  const names = Object.keys(capability.commands);
  const command = names.includes(body.name) ? capability.commands[body.name] : undefined;
  if (!command)
    throw new InvalidInputError(
      'name',
      `${body.capability} has no command ${body.name}; it has ${names.join(', ') || 'none'}`,
    );
  const args = command.args.strict().safeParse(body.args ?? {});
  if (!args.success) {
    const issue = args.error.issues[0];
    throw new InvalidInputError(['args', ...(issue?.path.map(String) ?? [])].join('.'), issue?.message ?? 'invalid');
  }
  if ((body.force || body.evenInExam) && body.reason === undefined)
    throw new InvalidInputError('reason', 'say in a few words why the ordinary care is set aside');
  return { command, args: args.data };
}

/** Throws InvalidInputError when a picture is asked for without a purpose. */
export function requirePurpose(body: Pick<CommandRequest, 'capability' | 'name' | 'purpose'>): void {
  if (takesPicture(body.capability, body.name) && body.purpose === undefined)
    throw new InvalidInputError('purpose', 'a picture is taken only for a purpose; say in a few words what it is for');
}
