const own = {source: "", works: false}, ownPolicy = null, quiz = {marked: null, answer: null};
const ownState = () => ({}), restoreOwn = () => {}, wireOwn = () => {}, wireQuiz = () => {};
