declare const __PANEL__: string
void import(/* @vite-ignore */ __PANEL__)
