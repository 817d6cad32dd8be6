import './torn-states.stress.spec.js';
