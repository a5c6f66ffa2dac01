import { accountTexts } from './account.ts';
import { adminTexts } from './admin.ts';
import { auditTexts } from './audit.ts';
import { availabilityTexts } from './availability.ts';
import { calendarTexts } from './calendar.ts';
import { commandTexts } from './commands.ts';
import { configurationTexts } from './configuration.ts';
import type { Texts } from './define.ts';
import { deviceTexts } from './device.ts';
import { enrolmentTexts } from './enrolment.ts';
import { notificationTexts } from './notifications.ts';
import { organisationTexts } from './organisation.ts';
import { overviewTexts } from './overview.ts';
import { passkeyTexts } from './passkeys.ts';
import { peopleTexts } from './people.ts';
import { policyTexts } from './policies.ts';
import { problemTexts } from './problems.ts';
import { rigTexts } from './rig.ts';
import { shellTexts } from './shell.ts';
import { stateTexts } from './states.ts';
import { supplierTexts } from './suppliers.ts';
import { troubleTexts } from './trouble.ts';
import { upkeepTexts } from './upkeep.ts';

/** Every text of the page, by key. */
export const texts = {
  ...shellTexts,
  ...stateTexts,
  ...overviewTexts,
  ...deviceTexts,
  ...adminTexts,
  ...enrolmentTexts,
  ...organisationTexts,
  ...peopleTexts,
  ...accountTexts,
  ...passkeyTexts,
  ...supplierTexts,
  ...auditTexts,
  ...calendarTexts,
  ...commandTexts,
  ...policyTexts,
  ...upkeepTexts,
  ...configurationTexts,
  ...availabilityTexts,
  ...problemTexts,
  ...rigTexts,
  ...troubleTexts,
  ...notificationTexts,
};
export type TextKey = keyof typeof texts;

/** The texts of one language as i18next reads them: a text with a singular becomes `key_one` and `key_other`. */
export function resourcesOf(language: 'vi' | 'en'): Record<string, string> {
  const resources: Record<string, string> = {};
  for (const [key, text] of Object.entries<Texts[string]>(texts)) {
    if (text.enOne === undefined) {
      resources[key] = text[language];
      continue;
    }
    resources[`${key}_other`] = text[language];
    if (language === 'en') resources[`${key}_one`] = text.enOne;
  }
  return resources;
}
