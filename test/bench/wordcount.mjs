import { overFile } from './overFile.mjs';

export const run = () => overFile('wordcount');
