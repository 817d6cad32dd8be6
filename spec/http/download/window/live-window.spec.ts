import './live-window.stress.spec.js';
