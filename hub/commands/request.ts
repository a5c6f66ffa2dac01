import type { z } from 'zod';
import type { createCommandBody } from '../../protocols/api/commands.ts';
import { findCapability } from '../../protocols/fleet/capabilities/index.ts';
import { InvalidInputError } from '../access/index.ts';

export type CommandRequest = z.output<typeof createCommandBody>;

/** A command whose agent uploads a picture; it is asked for with a purpose. */
export function takesPicture(capability: string, name: string): boolean {
  return capability === 'snapshot' && name === 'take';
}

/**
 * Checks a wish against the capability's own schema and returns its arguments as the agent shall get them.
 * Throws InvalidInputError for an unknown capability or command, arguments that do not fit, or a missing purpose.
 */
export function checkRequest(body: CommandRequest): Readonly<Record<string, unknown>> {
  const capability = findCapability(body.capability);
  if (!capability) throw new InvalidInputError('capability', `no capability is called ${body.capability}`);
  const command = Object.hasOwn(capability.commands, body.name) ? capability.commands[body.name] : undefined;
  if (!command) throw new InvalidInputError('name', `${body.capability} has no command ${body.name}`);
  const args = command.args.strict().safeParse(body.args);
  if (!args.success) {
    const issue = args.error.issues[0];
    throw new InvalidInputError(['args', ...(issue?.path.map(String) ?? [])].join('.'), issue?.message ?? 'invalid');
  }
  if (takesPicture(body.capability, body.name) && body.purpose === undefined)
    throw new InvalidInputError('purpose', 'a picture is taken only for a purpose; say in a few words what it is for');
  return args.data;
}
