// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Token
/// @notice An ERC-20 that does what the standard says, and that everyone can mint. The other tokens of this file depart
/// from it in the one point that their name tells.
contract Token is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(string memory symbol_, uint8 decimals_) ERC20(symbol_, symbol_) {
        DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title TokenReturningNothing
/// @notice Answers `transfer`, `transferFrom` and `approve` with no data, and like USDT on Ethereum refuses to change an
/// allowance that is not zero into another that is not zero.
contract TokenReturningNothing {
    error InsufficientBalance(address account, uint256 balance, uint256 needed);
    error InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error AllowanceNotZero(address spender, uint256 allowance);

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    string public symbol;
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    constructor(string memory symbol_, uint8 decimals_) {
        symbol = symbol_;
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert InsufficientAllowance(msg.sender, allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
    }

    function approve(address spender, uint256 amount) external {
        uint256 allowed = allowance[msg.sender][spender];
        if (allowed != 0 && amount != 0) revert AllowanceNotZero(spender, allowed);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 balance = balanceOf[from];
        if (balance < amount) revert InsufficientBalance(from, balance, amount);
        balanceOf[from] = balance - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}

/// @title TokenReturningFalse
/// @notice Answers a refused function with false and does nothing: `transfer`, `transferFrom` or `approve`.
contract TokenReturningFalse is Token {
    mapping(bytes4 selector => bool) public isRefused;

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    /// @notice Makes the function with this selector return false from now on.
    function refuse(bytes4 selector) external {
        isRefused[selector] = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !isRefused[msg.sig] && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !isRefused[msg.sig] && super.transferFrom(from, to, amount);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        return !isRefused[msg.sig] && super.approve(spender, amount);
    }
}

/// @title TokenTakingTransferFee
/// @notice Burns a part of every transfer: the receiver gets less than was sent.
contract TokenTakingTransferFee is Token {
    uint256 private constant BPS = 10_000;
    uint256 public immutable feeBps;

    constructor(string memory symbol_, uint8 decimals_, uint256 feeBps_) Token(symbol_, decimals_) {
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0), (amount * feeBps) / BPS);
    }
}

/// @title TokenChargingSender
/// @notice Burns a fee on top of every transfer, or of those to one receiver: the receiver gets what was sent, the sender
/// loses more than that.
contract TokenChargingSender is Token {
    uint256 private constant BPS = 10_000;
    uint256 public feeBps;
    /// @dev Zero for every one.
    address public chargedReceiver;

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function setFeeBps(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function chargeOnly(address receiver) external {
        chargedReceiver = receiver;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from == address(0) || to == address(0)) return;
        if (chargedReceiver != address(0) && to != chargedReceiver) return;
        super._update(from, address(0), (amount * feeBps) / BPS);
    }
}

/// @title TokenKeepingAllowance
/// @notice Never deducts what was spent from an allowance.
contract TokenKeepingAllowance is Token {
    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function _spendAllowance(address owner, address spender, uint256 amount) internal view override {
        uint256 allowed = allowance(owner, spender);
        if (allowed < amount) revert ERC20InsufficientAllowance(spender, allowed, amount);
    }
}

/// @title TokenRefusingZeroApproval
/// @notice Refuses to approve nothing, as BNB does on Ethereum.
contract TokenRefusingZeroApproval is Token {
    error ZeroApproval(address spender);

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function approve(address spender, uint256 amount) public override returns (bool) {
        if (amount == 0) revert ZeroApproval(spender);
        return super.approve(spender, amount);
    }
}

/// @title TokenReentering
/// @notice Makes prepared calls in the middle of every transfer and keeps what they answered.
contract TokenReentering is Token {
    struct Attempt {
        address target;
        bytes payload;
    }

    Attempt[] private _attempts;

    /// @notice How many of the prepared calls were made, and how many of those succeeded.
    uint256 public made;
    uint256 public succeeded;

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function prepare(address target, bytes calldata payload) external {
        _attempts.push(Attempt(target, payload));
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        for (uint256 i = 0; i < _attempts.length; ++i) {
            (bool success, ) = _attempts[i].target.call(_attempts[i].payload);
            ++made;
            if (success) ++succeeded;
        }
    }
}

/// @title WrappedEther
/// @notice Ether as an ERC-20: a withdrawal sends it with the stipend of 2300 gas and no more, as WETH9 does.
contract WrappedEther is ERC20 {
    error EtherRefused(address receiver, uint256 amount);

    constructor() ERC20("Wrapped Ether", "WETH") {}

    receive() external payable {
        _mint(msg.sender, msg.value);
    }

    function deposit() external payable {
        _mint(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        (bool success, ) = msg.sender.call{ value: amount, gas: 0 }("");
        if (!success) revert EtherRefused(msg.sender, amount);
    }
}
