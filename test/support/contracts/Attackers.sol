// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { ScriptedPool } from "./ScriptedPool.sol";
import { Token } from "./Tokens.sol";
import { ISwapPayer, Puller, VenueAtFixedRate } from "./Venues.sol";

/// @title SelfDeclaredPool
/// @notice A pool that is its own factory, which vouches for it.
contract SelfDeclaredPool {
    function factory() external view returns (address) {
        return address(this);
    }

    function isPool(address) external pure returns (bool) {
        return true;
    }

    function charge(ISwapPayer victim, address token, uint256 amount) external {
        victim.uniswapV3SwapCallback(int256(amount), -1, abi.encode(token, amount));
    }
}

/// @title ScriptedLender
/// @notice A pool of Uniswap V3 that lends as it was told: it gives the borrower something, and calls back with fees of its
/// choice or not at all.
contract ScriptedLender {
    using SafeERC20 for IERC20;

    address public token0;
    uint256 private _amount;
    uint256 private _fee;
    bool private _calls;

    /// @notice Sets what a loan gives of a token, whatever it is asked for, and the fee that it asks for, if it calls back.
    function script(address token, uint256 amount, bool calls, uint256 fee) external {
        (token0, _amount, _calls, _fee) = (token, amount, calls, fee);
    }

    function flash(address recipient, uint256, uint256, bytes calldata data) external {
        IERC20(token0).safeTransfer(recipient, _amount);
        if (_calls)
            call(recipient, abi.encodeWithSignature("uniswapV3FlashCallback(uint256,uint256,bytes)", _fee, 0, data));
    }

    /// @notice Makes a call now.
    function call(address target, bytes memory payload) public {
        Address.functionCall(target, payload);
    }
}

/// @title EtherThief
/// @notice Sends one wei with the stipend of 2300 gas, and then makes a call.
contract EtherThief {
    function strike(address payable victim, bytes calldata payload) external payable {
        // No gas of its own: the value brings the stipend.
        (bool success, bytes memory reason) = victim.call{ value: 1, gas: 0 }("");
        Address.verifyCallResult(success, reason);
        Address.functionCall(victim, payload);
    }
}

/// @title VenueTurningHostile
/// @notice Swaps honestly, and later takes whatever it was ever allowed or sent.
contract VenueTurningHostile is VenueAtFixedRate {
    using SafeERC20 for IERC20;

    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function take(IERC20 token, address from, address to, uint256 amount) external {
        token.safeTransferFrom(from, to, amount);
    }
}

/// @title ThievingCode
/// @notice A router whose code sends all of the input that its runner holds to a thief, who pays for the swap.
contract ThievingCode {
    ScriptedPool private immutable THIEF;
    uint256 private immutable PAYMENT;

    constructor(ScriptedPool thief, uint256 payment) {
        (THIEF, PAYMENT) = (thief, payment);
    }

    function swapExactTokensForTokens(
        uint256,
        uint256,
        address[] calldata path,
        address to,
        uint256
    ) external returns (uint256[] memory amounts) {
        IERC20 token = IERC20(path[0]);
        SafeERC20.safeTransfer(token, address(THIEF), token.balanceOf(address(this)));
        THIEF.call(path[1], abi.encodeCall(IERC20.transfer, (to, PAYMENT)));
        amounts = new uint256[](2);
        amounts[1] = PAYMENT;
    }
}

/// @title RouterThrowingABomb
/// @notice Fails every call with a megabyte of zeros.
contract RouterThrowingABomb {
    fallback() external {
        assembly ("memory-safe") {
            revert(0x80, 1000000)
        }
    }
}

interface ITransferHook {
    function onTransfer() external;
}

/// @title TokenCallingHook
/// @notice Calls a hook in the middle of every transfer from one account, as tokens of ERC-777 do.
contract TokenCallingHook is Token {
    ITransferHook private _hook;
    address private _from;

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function setHook(ITransferHook hook, address from) external {
        (_hook, _from) = (hook, from);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from == _from && from != address(0)) _hook.onTransfer();
    }
}

/// @title Accomplice
/// @notice An operator that is a contract, as an account becomes whose key delegates it (EIP-7702): it makes calls on demand,
/// and a prepared one, once, when a token tells it about a transfer.
contract Accomplice is ITransferHook {
    address private _target;
    bytes private _payload;

    function prepare(address target, bytes calldata payload) external {
        (_target, _payload) = (target, payload);
    }

    function call(address target, bytes calldata payload) external {
        Address.functionCall(target, payload);
    }

    function callTwice(address[2] calldata targets, bytes[2] calldata payloads) external {
        for (uint256 i = 0; i < 2; ++i) Address.functionCall(targets[i], payloads[i]);
    }

    function onTransfer() external {
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        Address.functionCall(target, _payload);
    }
}

/// @title TokenWithPermit
/// @notice Takes a signature for an allowance, and asks an owner with code for its signatures (ERC-1271), as USDC does.
contract TokenWithPermit is Token {
    error InvalidSignature();

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function permit(address owner, address spender, uint256 value, bytes calldata signature) external {
        bytes32 digest = keccak256(abi.encode(address(this), owner, spender, value));
        if (!SignatureChecker.isValidSignatureNow(owner, digest, signature)) revert InvalidSignature();
        _approve(owner, spender, value);
    }
}

/// @title UniformPrices
/// @notice A price oracle for Aave: everything costs the same.
contract UniformPrices {
    function getAssetPrice(address) external pure returns (uint256) {
        return 1e8;
    }
}

/// @title EventForger
/// @notice Emits any event that it is asked for.
contract EventForger {
    function forge(bytes32[4] calldata topics, bytes calldata data) external {
        (bytes32 a, bytes32 b, bytes32 c, bytes32 d) = (topics[0], topics[1], topics[2], topics[3]);
        bytes memory words = data;
        assembly ("memory-safe") {
            log4(add(words, 0x20), mload(words), a, b, c, d)
        }
    }
}

/// @title TokenTurningPoisonous
/// @notice An honest token until its maker sets the part of every transfer that is burnt.
contract TokenTurningPoisonous is Token {
    uint256 private constant BPS = 10_000;
    uint256 public feeBps;

    constructor(string memory symbol_, uint8 decimals_) Token(symbol_, decimals_) {}

    function poison(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0), (amount * feeBps) / BPS);
    }
}

interface IPairOfUniswapV2 {
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title PairMovingAnother
/// @notice A pair whose reserves cannot be read without a trade in another pair.
contract PairMovingAnother {
    IPairOfUniswapV2 private immutable OTHER;
    IERC20 private immutable TOKEN_IN;
    uint256 private immutable AMOUNT_IN;
    uint256 private immutable AMOUNT0_OUT;
    uint256 private immutable AMOUNT1_OUT;

    constructor(IPairOfUniswapV2 other, IERC20 tokenIn, uint256 amountIn, uint256 amount0Out, uint256 amount1Out) {
        (OTHER, TOKEN_IN, AMOUNT_IN) = (other, tokenIn, amountIn);
        (AMOUNT0_OUT, AMOUNT1_OUT) = (amount0Out, amount1Out);
    }

    function getReserves() external returns (uint112, uint112, uint32) {
        SafeERC20.safeTransfer(TOKEN_IN, address(OTHER), AMOUNT_IN);
        OTHER.swap(AMOUNT0_OUT, AMOUNT1_OUT, address(this), "");
        return (1, 1, 0);
    }
}
