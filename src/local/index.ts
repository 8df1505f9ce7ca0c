export { LocalEngine } from './driver/localEngine.ts';
