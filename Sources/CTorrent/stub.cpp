extern "C" void ct_stub(void){}
