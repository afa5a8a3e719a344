void ct_stub(void);
