export { createSiteImports, type SiteImports } from './imports.ts';
export { siteTemplate } from './template.ts';
