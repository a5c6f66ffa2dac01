import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const sea: MantineColorsTuple = [
  '#e6f6f7',
  '#d3eaec',
  '#a6d4d8',
  '#76bcc3',
  '#4fa8b1',
  '#3699a4',
  '#1c7f8b',
  '#0b6a76',
  '#0b5f6b',
  '#084e58',
];

/** Greys of the dark scheme with the page's own tint, from text down to the deepest ground. */
const dark: MantineColorsTuple = [
  '#d3dce1',
  '#b3c1ca',
  '#8b9ba5',
  '#5f707b',
  '#34434c',
  '#27333b',
  '#1d282f',
  '#182127',
  '#131b20',
  '#10171b',
];

/** Sober blue-greys, one accent the colour of the sea, room around things, one family of type made for Vietnamese. */
export const theme = createTheme({
  colors: { sea, dark },
  primaryColor: 'sea',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "'Be Vietnam Pro', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, monospace",
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' }, styles: { label: { whiteSpace: 'normal' } } },
    Modal: { defaultProps: { centered: true, radius: 'lg', overlayProps: { backgroundOpacity: 0.45 } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
  },
});

/** Mantine's own surfaces follow the page's colours in both schemes. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#18232b',
    '--mantine-color-dimmed': '#54636e',
    '--mantine-color-placeholder': '#66747e',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0b5f6b',
    '--mantine-color-default-border': '#d3dbe0',
  },
  dark: {
    '--mantine-color-body': '#182127',
    '--mantine-color-text': '#e4eaed',
    '--mantine-color-dimmed': '#9fafb9',
    '--mantine-color-placeholder': '#8b9ba5',
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-anchor': '#76c9d2',
    '--mantine-color-default': '#1d282f',
    '--mantine-color-default-hover': '#25323a',
    '--mantine-color-default-border': '#34434c',
  },
});
