// On every page.
import { bindCopyButtons } from "./copy.js";
import { bindLiveState } from "./live-state.js";
import { bindSuggestions } from "./suggestions.js";
import { bindThreads } from "./thread.js";
import { keepTimesTrue } from "./relative-time.js";
import { bindShareButtons } from "./share.js";
import { bindSubmitOnce } from "./submit-once.js";

bindCopyButtons();
bindLiveState();
bindShareButtons();
bindSubmitOnce();
bindSuggestions();
bindThreads();
keepTimesTrue();
