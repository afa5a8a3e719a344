void cb_stub(void);
