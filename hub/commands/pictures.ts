import type { Clock } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import { PictureError } from './error.ts';
import { takesPicture } from './request.ts';
import { findCommand } from './rows.ts';

/** Largest picture, and how long one is kept. */
export const pictureLimits = { bytes: 4 * 1024 * 1024, keptMs: 600_000 } as const;

/** First bytes by content type: what a file says it is counts less than what it is. */
const signatures: Readonly<Record<string, Buffer>> = {
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff]),
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
};

/** Content types that a picture may have. */
export const pictureTypes = Object.keys(signatures);

/** How long after the command was made its picture is still taken. */
const acceptedForMs = 24 * 3600 * 1000;

export interface UploadedPicture {
  readonly agentId: string;
  readonly commandId: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * Keeps the picture that this agent took for this command; a second upload for the same command changes nothing.
 * Returns the device. Throws PictureError.
 */
export async function keepPicture(store: Store, clock: Clock, picture: UploadedPicture): Promise<string> {
  const { agentId, commandId, contentType, bytes } = picture;
  const signature = Object.hasOwn(signatures, contentType) ? signatures[contentType] : undefined;
  if (!signature || !bytes.subarray(0, signature.length).equals(signature))
    throw new PictureError('picture-type', `a picture is ${pictureTypes.join(' or ')}, and begins like one`);
  if (bytes.length > pictureLimits.bytes)
    throw new PictureError(
      'picture-size',
      `a picture has at most ${pictureLimits.bytes} bytes, this has ${bytes.length}`,
    );
  const command = await findCommand(store.db, commandId);
  const asked =
    command?.agent_id === agentId &&
    takesPicture(command.capability, command.name) &&
    command.state !== 'queued' &&
    command.created_at.getTime() + acceptedForMs > clock.now();
  if (!asked) throw new PictureError('picture-not-asked', 'nobody asked this agent for that picture');
  const takenAt = clock.now();
  await store.transaction((trx) =>
    trx
      .insertInto('picture')
      .values({
        command_id: commandId,
        device_id: command.device_id,
        content_type: contentType,
        bytes,
        taken_at: new Date(takenAt),
        expires_at: new Date(takenAt + pictureLimits.keptMs),
      })
      .onConflict((conflict) => conflict.column('command_id').doNothing())
      .execute(),
  );
  return command.device_id;
}
