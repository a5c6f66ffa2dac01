export { createSiteImports } from './imports.ts';
export { siteTemplate } from './template.ts';
