import { getEventProperties } from '../../../../protocols/onvif/sensing/event-service.ts';
import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';
import type { CameraAspect, CameraScene, Offers, OpenAspect } from '../aspect.ts';
import { optional } from '../survey.ts';
import {
  detectionSamples,
  detectionState,
  foldDetection,
  forgetInside,
  isDetectionTopic,
  noDetections,
  tellDetections,
} from './detection.ts';

/** What the rules inside a camera detect: lines, fields and counters. */
export const openDetection: OpenAspect = (scene) => new DetectionAspect(scene);

class DetectionAspect implements CameraAspect {
  readonly #scene: CameraScene;
  #fold = noDetections;
  #announces = false;

  constructor(scene: CameraScene) {
    this.#scene = scene;
  }

  async survey(signal: AbortSignal): Promise<void> {
    const { client, survey } = this.#scene;
    const { events } = survey().services;
    const topics = events && (await optional(client.call(events, getEventProperties(), { signal })));
    this.#announces = topics?.some(isDetectionTopic) ?? false;
  }

  offers(): Offers {
    return this.#announces || this.#hasHeard() ? { detection: {} } : {};
  }

  report(): void {
    this.#tell();
    if (this.#announces || this.#hasHeard())
      this.#scene.context.reporter.report('detection', detectionState(this.#fold));
  }

  sample(): Readonly<Record<string, number>> {
    return detectionSamples(this.#fold);
  }

  notice(notification: Notification): void {
    const before = this.#fold;
    this.#fold = foldDetection(before, notification, this.#scene.context.clock.now());
    if (this.#fold === before) return;
    // Counts wait for the next poll; who is inside is told at once.
    if (occupation(before) !== occupation(this.#fold)) this.report();
    else this.#tell();
  }

  forget(): void {
    this.#fold = forgetInside(this.#fold);
  }

  #hasHeard(): boolean {
    return this.#fold.detectors.size + this.#fold.counters.size > 0;
  }

  #tell(): void {
    const { clock, reporter } = this.#scene.context;
    const { fold, events } = tellDetections(this.#fold, clock.mono());
    this.#fold = fold;
    for (const event of events) reporter.emit({ capability: 'detection', severity: 'info', ...event });
  }
}

/** Which fields have something inside, as text to compare. */
function occupation({ detectors }: typeof noDetections): string {
  return [...detectors.values()].map(({ id, inside }) => `${id} ${inside.size > 0}`).join();
}
